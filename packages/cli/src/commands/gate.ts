import {
  gateAnnotations,
  gateDocument,
  gateImages,
  gateJunit,
  gateRequests,
  gateSarif,
  inspectImage,
  inSituation,
  inspectionFact,
  namedTrustRoots,
  renderGate,
  workerLanguages,
  type GateIo,
  type GateReport,
} from '@assay/core'
import { defineCommand, type Mount } from '../define-command.ts'
import type { ExitCode } from '../exit-code.ts'
import type { Io } from '../io.ts'
import { jsonText } from '../json-text.ts'
import { languageOptions } from '../options/languages.ts'
import { outputOption, type Output } from '../options/output.ts'
import { pinOption } from '../options/pin.ts'
import { policyOptions, type Policies } from '../options/policies.ts'
import { referenceSourceOptions } from '../options/reference-sources.ts'
import { registryOptions, type Places } from '../options/registry.ts'
import { situationOptions } from '../options/situation.ts'
import { trustOptions, type Trust } from '../options/trust.ts'

const exitCodes: Readonly<Record<'allow' | 'deny' | 'undecided', ExitCode>> = {
  allow: 0,
  deny: 1,
  undecided: 3,
}

/** `assay gate`. */
export const gate: Mount = defineCommand({
  name: 'gate',
  description: 'Decides about images by policy: allow, deny with every reason, or could not tell.',
  arguments: [
    {
      name: '[image...]',
      description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]; beside or instead of files',
    },
  ],
  examples: [
    {
      what: 'May this image be deployed?',
      line: 'assay gate --policy policy.yaml registry.example/app@sha256:…',
    },
    {
      what: 'Several images, for machines',
      line: 'assay gate --policy policy.yaml --output json registry.example/app:1 registry.example/db:2',
    },
    {
      what: 'Every image that the manifests name, as annotations on their lines',
      line: 'assay gate --policy policy.yaml --output github -f deploy/',
    },
    {
      what: 'What a build starts from; tags become the digests that were allowed',
      line: 'assay gate --policy bases.yaml --dockerfile Dockerfile --pin',
    },
  ],
  groups: {
    policies: policyOptions,
    situation: situationOptions,
    sources: referenceSourceOptions,
    pin: pinOption,
    languages: languageOptions,
    trust: trustOptions,
    output: outputOption(['text', 'json', 'sarif', 'junit', 'github']),
    places: registryOptions,
  },
  run: async (io, images, { policies, situation, sources, pin, trust, output, places, ...options }) => {
    const found = sources.map((source) => source.found)
    const requests = [...images.map((reference) => ({ reference })), ...gateRequests(found, policies.set)]
    const languages = workerLanguages(options.languages)
    const report = await gateImages(inSituation(requests, situation), policies.set, {
      io: gateIo({ io, places, trust, policies }),
      languages,
      ...places.call,
    }).finally(() => languages.close())
    if (pin) await (await import('../pin-files.ts')).pinFiles(sources, report, io)
    await io.writeOut(written(report, output))
    return exitCodes[report.verdict]
  },
})

type Format = 'text' | 'json' | 'sarif' | 'junit' | 'github'

function written(report: GateReport, output: Output<Format>): string {
  switch (output.format) {
    case 'text':
      return renderGate(report, output)
    case 'json':
      return jsonText(gateDocument(report))
    case 'sarif':
      return jsonText(gateSarif(report))
    case 'junit':
      return gateJunit(report)
    case 'github':
      return gateAnnotations(report)
  }
}

function gateIo(options: {
  readonly io: Io
  readonly places: Places
  readonly trust: Trust
  readonly policies: Policies
}): GateIo {
  const { io, places, trust, policies } = options
  return {
    now: io.now,
    openImage: (reference) => places.open(reference),
    openStore: (reference) => places.openStore(reference),
    openPlace: (repository) => places.openPlace(repository),
    trustRoot: namedTrustRoots(policies.trustRoots, () => trust.load()),
    inspect: async ({ store, root, name }, call) =>
      inspectionFact(await inspectImage(store, root, { reference: name, call })),
  }
}
