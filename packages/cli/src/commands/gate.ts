import {
  gateDocument,
  gateImages,
  inspectImage,
  inspectionFact,
  namedTrustRoots,
  renderGate,
  workerLanguages,
  type GateIo,
} from '@assay/core'
import { defineCommand, type Mount } from '../define-command.ts'
import type { ExitCode } from '../exit-code.ts'
import type { Io } from '../io.ts'
import { outputOption } from '../options/output.ts'
import { policyOptions, type Policies } from '../options/policies.ts'
import { registryOptions, type Places } from '../options/registry.ts'
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
  arguments: [{ name: '<image...>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' }],
  examples: [
    {
      what: 'May this image be deployed?',
      line: 'assay gate --policy policy.yaml registry.example/app@sha256:…',
    },
    {
      what: 'Several images, for machines',
      line: 'assay gate --policy policy.yaml --output json registry.example/app:1 registry.example/db:2',
    },
  ],
  groups: {
    policies: policyOptions,
    trust: trustOptions,
    output: outputOption(['text', 'json']),
    places: registryOptions,
  },
  run: async (io, images, { policies, trust, output, places }) => {
    const languages = workerLanguages()
    const report = await gateImages(
      images.map((reference) => ({ reference })),
      policies.set,
      { io: gateIo({ io, places, trust, policies }), languages, ...places.call },
    ).finally(() => languages.close())
    await io.writeOut(
      output.format === 'json'
        ? `${JSON.stringify(gateDocument(report), null, 2)}\n`
        : renderGate(report, output),
    )
    return exitCodes[report.verdict]
  },
})

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
    openPlace: (repository) => places.openPlace(repository),
    trustRoot: namedTrustRoots(policies.trustRoots, () => trust.load()),
    inspect: async ({ store, root, name }, call) =>
      inspectionFact(await inspectImage(store, root, { reference: name, call })),
  }
}
