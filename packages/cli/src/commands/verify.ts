import { fetchManifest } from '@assay/registry'
import {
  imageParts,
  verifyDetached,
  verifyImage,
  type ContentDemand,
  type ImageDemand,
  type ImagePart,
  type ImageVerification,
  type OpenedImage,
} from '@assay/core'
import { defineCommand, type Example, type Mount, type OptionGroup } from '../define-command.ts'
import { attestationDemandOptions, contentDemandOptions } from '../options/content-demand.ts'
import { detachedBundleOptions } from '../options/detached-bundle.ts'
import { switchFlag } from '../options/flag.ts'
import { imageDemand } from '../options/image-demand.ts'
import { outputOption } from '../options/output.ts'
import { flagOf } from '../options/raw.ts'
import { registryOptions, type Places } from '../options/registry.ts'
import { signerDemandOptions } from '../options/signer-demand.ts'
import { trustOptions } from '../options/trust.ts'
import { strengtheningOptions, weakeningOptions } from '../options/weakening.ts'
import { UsageError } from '../usage-error.ts'
import { showOutcomes, type Outcome } from '../verification-output.ts'
import { waitForClock } from '../wait-for-clock.ts'

const recursiveOption: OptionGroup<boolean> = {
  flags: () => [switchFlag('-r, --recursive', 'each platform of a multi-platform image must be signed, too')],
  parse: (raw) => flagOf(raw, 'recursive'),
}

interface Verifying {
  readonly name: string
  readonly description: string
  readonly examples: readonly [Example, ...Example[]]
  readonly content: OptionGroup<ContentDemand>
}

function verifying({ name, description, examples, content: contentOptions }: Verifying): Mount {
  return defineCommand({
    name,
    description,
    arguments: [{ name: '<image...>', description: 'host/repo[:tag][@digest], or oci:DIR[:tag][@digest]' }],
    examples,
    groups: {
      signer: signerDemandOptions,
      content: contentOptions,
      bundle: detachedBundleOptions,
      recursive: recursiveOption,
      strengthened: strengtheningOptions,
      trust: trustOptions,
      weakened: weakeningOptions,
      output: outputOption(['text', 'json']),
      places: registryOptions,
    },
    run: async (io, images, options) => {
      const { bundle, recursive, output, places } = options
      if (bundle !== undefined && (images.length > 1 || recursive))
        throw new UsageError('USAGE', 'one --bundle is about one image')
      const demand = await imageDemand(options, io.now)
      const outcomes: Outcome[] = []
      for (const image of images)
        outcomes.push(...(await outcomesOf(image, { demand, places, recursive, bundle })))
      return await showOutcomes(outcomes, output, io)
    },
  })
}

/** `assay verify`. */
export const verify: Mount = verifying({
  name: 'verify',
  description: 'Verifies what is attached to images: bundles, and cosign’s older .sig and .att alike.',
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
    {
      what: 'A bundle that was handed over as a file',
      line: 'assay verify --key release.pub --bundle app.sigstore.json registry.example/app@sha256:…',
    },
  ],
  content: contentDemandOptions,
})

/** `assay verify-attestation`, as cosign has it. */
export const verifyAttestation: Mount = verifying({
  name: 'verify-attestation',
  description: 'Verifies attestations that are attached to images: `verify` with a --type.',
  examples: [
    {
      what: 'Provenance',
      line: 'assay verify-attestation --type slsaprovenance1 --key release.pub registry.example/app@sha256:…',
    },
  ],
  content: attestationDemandOptions,
})

interface Request {
  readonly demand: ImageDemand
  readonly places: Places
  readonly recursive: boolean
  readonly bundle: Uint8Array | undefined
}

async function outcomesOf(image: string, request: Request): Promise<readonly Outcome[]> {
  try {
    const opened = await request.places.open(image)
    const { store, root } = opened
    const parts = request.recursive
      ? await imageParts(store, root, request.places.call)
      : [{ descriptor: root }]
    const outcomes: Outcome[] = []
    for (const part of parts) {
      const { platform } = part
      const verification = await verifyPart(opened, part, request)
      const name = `${opened.name.slice(0, opened.name.lastIndexOf('@'))}@${part.descriptor.digest}`
      outcomes.push({
        kind: 'answer',
        image: name,
        verification,
        ...(platform !== undefined && { platform }),
      })
    }
    return outcomes
  } catch (error) {
    return [{ kind: 'error', image, error }]
  }
}

async function verifyPart(
  { store }: OpenedImage,
  { descriptor }: ImagePart,
  { demand, places: { call }, bundle }: Request,
): Promise<ImageVerification> {
  const attempt = async (now: Date): Promise<ImageVerification> => {
    if (bundle === undefined) return await verifyImage(store, descriptor, { ...demand, now, ...call })
    const { bytes } = await fetchManifest(store, descriptor, call)
    return await verifyDetached(bundle, { digest: descriptor.digest, bytes }, { ...demand, now, ...call })
  }
  return await waitForClock(demand.now, attempt, call.signal)
}
