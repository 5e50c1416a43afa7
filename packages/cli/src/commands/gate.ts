import { CodedError } from '@assay/registry'
import {
  attestDecisions,
  compareContainers,
  fitContainers,
  gateAnnotations,
  gateDocument,
  gateImages,
  gateJunit,
  gateRequests,
  gateSarif,
  inSituation,
  policySetHash,
  renderGate,
  workerLanguages,
  type AttestOptions,
  type FitOptions,
  type GateReport,
} from '@assay/core'
import { attestingOptions, type Attesting } from '../options/attest-decisions.ts'
import { defineCommand, type Mount } from '../define-command.ts'
import { verdictExit } from '../exit-code.ts'
import { gateIo } from '../gate-io.ts'
import type { Io } from '../io.ts'
import { jsonText } from '../json-text.ts'
import { fitOption } from '../options/fit.ts'
import { languageOptions } from '../options/languages.ts'
import { outputOption, type Output } from '../options/output.ts'
import { pinOption } from '../options/pin.ts'
import { policyOptions, type Policies } from '../options/policies.ts'
import { referenceSourceOptions } from '../options/reference-sources.ts'
import { registryOptions, type Places } from '../options/registry.ts'
import { rememberedDecisionsOption } from '../options/remembered-decisions.ts'
import type { RememberedFacts } from '../options/remembered-facts.ts'
import { situationOptions } from '../options/situation.ts'
import { trustOptions } from '../options/trust.ts'
import { version } from '../version.ts'

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
    fit: fitOption,
    attesting: attestingOptions,
    languages: languageOptions,
    remembered: rememberedDecisionsOption,
    trust: trustOptions,
    output: outputOption(['text', 'json', 'sarif', 'junit', 'github']),
    places: registryOptions,
  },
  run: async (
    io,
    images,
    { policies, situation, sources, pin, fit, attesting, remembered, trust, output, places, ...options },
  ) => {
    const { memory, ...facts } = remembered
    const found = sources.map((source) => source.found)
    const requests = [...images.map((reference) => ({ reference })), ...gateRequests(found, policies.set)]
    const languages = workerLanguages(options.languages)
    const decided = await gateImages(inSituation(requests, situation), policies.set, {
      io: gateIo({ io, places, trust, policies, ...facts }),
      languages,
      ...(memory === undefined ? {} : { memory }),
      ...places.call,
    }).finally(() => languages.close())
    const fitted =
      fit === undefined ? decided : await fitContainers(decided, found, fitting(fit, { places, ...facts }))
    const { report, failure } = await attested(fitted, { io, attesting, policies, places })
    if (pin) await (await import('../pin-files.ts')).pinFiles(sources, report, io)
    await io.writeOut(written(report, output))
    if (failure !== undefined) throw failure
    return verdictExit[report.verdict]
  },
})

/** Reads an image by the digest that was decided about, whatever its tag says by now. */
function fitting(
  answer: FitOptions['answer'],
  { places, facts }: RememberedFacts & { readonly places: Places },
): FitOptions {
  return {
    answer,
    compare: async (reference, uses) => {
      const { store, root } = await places.open(reference)
      return await compareContainers(store, root, {
        reference,
        uses,
        ...(facts === undefined ? {} : { facts }),
        call: places.call,
      })
    },
  }
}

interface Attested {
  readonly report: GateReport
  /** Why the summaries are not all there. The decisions are told all the same. */
  readonly failure?: Error
}

async function attested(
  report: GateReport,
  run: {
    readonly io: Io
    readonly attesting: Attesting
    readonly policies: Policies
    readonly places: Places
  },
): Promise<Attested> {
  const { io, attesting, policies, places } = run
  if (attesting === undefined) return { report }
  const { verifier, policyUri, ...options } = attesting
  const sha256 = policySetHash(policies.set, policies.trustRoots)
  const described: AttestOptions = {
    ...options,
    verifier: { id: verifier, version: { assay: version } },
    policy: { uri: policyUri ?? `urn:assay:policies:sha256:${sha256}`, sha256 },
    now: io.now,
    open: (reference) => places.open(reference),
  }
  try {
    return { report: await attestDecisions(report, { set: policies.set, options: described }, places.call) }
  } catch (error) {
    if (error instanceof CodedError) return { report, failure: error }
    throw error
  }
}

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
