import {
  renderVerification,
  verificationDocument,
  verifyImage,
  type ImageDemand,
  type ImageVerification,
} from '@assay/core'
import { defineCommand, type Mount } from '../define-command.ts'
import { exitCodeOf, worstOf, type ExitCode } from '../exit-code.ts'
import type { Io } from '../io.ts'
import { contentDemandOptions } from '../options/content-demand.ts'
import { outputOption } from '../options/output.ts'
import { registryOptions, type Places } from '../options/registry.ts'
import { signerDemandOptions } from '../options/signer-demand.ts'
import { trustOptions } from '../options/trust.ts'
import { weakeningOptions } from '../options/weakening.ts'
import { errorText, errorValue } from '../show-error.ts'

/** The version of the JSON document that `--output json` prints. */
const schema = 'assay.verify/v1'

/** What became of one image. */
type Outcome = { readonly image: string } & (
  | { readonly kind: 'answer'; readonly verification: ImageVerification }
  | { readonly kind: 'error'; readonly error: unknown }
)

/** `assay verify`. */
export const verify: Mount = defineCommand({
  name: 'verify',
  description: 'Verifies what is attached to images: bundles, and cosign’s older .sig and .att alike.',
  arguments: [{ name: '<image...>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' }],
  examples: [
    { what: 'Signed with a key', line: 'assay verify --key release.pub registry.example/app@sha256:…' },
    {
      what: 'Signed keyless by a GitHub workflow',
      line: [
        'assay verify registry.example/app@sha256:… \\',
        '    --certificate-identity https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.0.0 \\',
        '    --certificate-oidc-issuer https://token.actions.githubusercontent.com',
      ].join('\n'),
    },
    {
      what: 'Attested provenance, without asking the network for anything',
      line: 'assay verify --type slsaprovenance --offline --key release.pub oci:build/image',
    },
  ],
  groups: {
    signer: signerDemandOptions,
    content: contentDemandOptions,
    trust: trustOptions,
    weakened: weakeningOptions,
    output: outputOption(['text', 'json']),
    places: registryOptions,
  },
  run: async (io, images, { signer, content, trust, weakened, output, places }) => {
    const needsTrust = signer.demand.kind === 'certificate' || weakened.transparencyLog === 'require'
    const demand: ImageDemand = {
      signer: signer.demand,
      keys: signer.keys,
      content,
      now: io.now,
      ...weakened,
      ...(needsTrust && { trust: await trust.load() }),
    }
    const outcomes: Outcome[] = []
    for (const image of images) outcomes.push(await outcomeOf(image, demand, places))
    if (output.format === 'json') await io.writeOut(documentOf(outcomes))
    else for (const outcome of outcomes) await show(outcome, { color: output.color, io })
    return worstOf(outcomes.map(codeOf))
  },
})

async function outcomeOf(image: string, demand: ImageDemand, places: Places): Promise<Outcome> {
  try {
    const { store, root, name } = await places.open(image)
    return {
      kind: 'answer',
      image: name,
      verification: await verifyImage(store, root, { ...demand, ...places.call }),
    }
  } catch (error) {
    return { kind: 'error', image, error }
  }
}

function codeOf(outcome: Outcome): ExitCode {
  if (outcome.kind === 'error') return exitCodeOf(outcome.error)
  return outcome.verification.proofs.length > 0 ? 0 : 1
}

async function show(
  outcome: Outcome,
  { color, io }: { readonly color: boolean; readonly io: Io },
): Promise<void> {
  const { image } = outcome
  if (outcome.kind === 'answer')
    await io.writeOut(renderVerification(outcome.verification, { color, name: image }))
  else await io.writeErr(`${image}\n${errorText(outcome.error)}`)
}

function documentOf(outcomes: readonly Outcome[]): string {
  const images = outcomes.map((outcome) =>
    outcome.kind === 'answer'
      ? { image: outcome.image, ok: codeOf(outcome) === 0, ...verificationDocument(outcome.verification) }
      : { image: outcome.image, ok: false, error: errorValue(outcome.error) },
  )
  return `${JSON.stringify({ schema, ok: images.every(({ ok }) => ok), images }, null, 2)}\n`
}
