import { digestOf, parseDigest, type Digest } from '@assay/registry'
import { verifyDetached, type ContentDemand, type DetachedSubject } from '@assay/core'
import { defineCommand, type Example, type Mount, type OptionGroup } from '../define-command.ts'
import { attestationDemandOptions } from '../options/content-demand.ts'
import { detachedBundleOptions } from '../options/detached-bundle.ts'
import { imageDemand } from '../options/image-demand.ts'
import { outputOption } from '../options/output.ts'
import { signerDemandOptions } from '../options/signer-demand.ts'
import { trustOptions } from '../options/trust.ts'
import { strengtheningOptions, weakeningOptions } from '../options/weakening.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'
import { showOutcomes } from '../verification-output.ts'
import { waitForClock } from '../wait-for-clock.ts'

/** The largest file that is verified; larger ones by their digest. */
const maxBlob = 1024 * 1024 * 1024

const signatureOnly: OptionGroup<ContentDemand> = { flags: () => [], parse: () => ({ kind: 'blob' }) }

interface VerifyingBlob {
  readonly name: string
  readonly description: string
  readonly examples: readonly [Example, ...Example[]]
  readonly content: OptionGroup<ContentDemand>
}

function verifyingBlob({ name, description, examples, content: contentOptions }: VerifyingBlob): Mount {
  return defineCommand({
    name,
    description,
    arguments: [{ name: '<file>', description: 'a file, or its digest: sha256:…' }],
    examples,
    groups: {
      signer: signerDemandOptions,
      content: contentOptions,
      bundle: detachedBundleOptions,
      strengthened: strengtheningOptions,
      trust: trustOptions,
      weakened: weakeningOptions,
      output: outputOption(['text', 'json']),
    },
    run: async (io, [file = ''], options) => {
      const { bundle, output } = options
      if (bundle === undefined)
        throw new UsageError('USAGE', 'the bundle is missing', { hint: 'give --bundle FILE' })
      const subject = await readSubject(file)
      const demand = await imageDemand(options, io.now)
      const attempt = (now: Date) => verifyDetached(bundle, subject, { ...demand, now, signal: io.signal })
      const verification = await waitForClock(io.now, attempt, io.signal)
      return await showOutcomes([{ kind: 'answer', image: file, verification }], output, io)
    },
  })
}

/**
 * A file, or a digest that stands for one.
 * @throws UsageError UNREADABLE_FILE, USAGE
 */
export async function readSubject(text: string): Promise<DetachedSubject> {
  if (/^sha(?:256|512):/.test(text)) return { digest: digestFrom(text) }
  const bytes = await readNamedFile(text, 'the command line', maxBlob)
  return { digest: digestOf(bytes), bytes }
}

function digestFrom(text: string): Digest {
  try {
    return parseDigest(text)
  } catch (cause) {
    throw new UsageError('USAGE', 'the digest is malformed', {
      got: text,
      expected: 'sha256: and 64 lower-case hexadecimal digits',
      cause,
    })
  }
}

/** `assay verify-blob`. */
export const verifyBlob: Mount = verifyingBlob({
  name: 'verify-blob',
  description: 'Verifies the signature of a file, from a Sigstore bundle or one of cosign v1 and v2.',
  examples: [
    {
      what: 'Signed with a key',
      line: 'assay verify-blob --key release.pub --bundle app.sigstore.json app.tgz',
    },
    {
      what: 'By its digest, when the file is elsewhere',
      line: [
        'assay verify-blob sha256:… --bundle app.sigstore.json \\',
        '    --certificate-identity release@acme.example --certificate-oidc-issuer https://accounts.google.com',
      ].join('\n'),
    },
  ],
  content: signatureOnly,
})

/** `assay verify-blob-attestation`. */
export const verifyBlobAttestation: Mount = verifyingBlob({
  name: 'verify-blob-attestation',
  description: 'Verifies an attestation about a file, from a Sigstore bundle or one of cosign v1 and v2.',
  examples: [
    {
      what: 'Its provenance',
      line: 'assay verify-blob-attestation --type slsaprovenance1 --key release.pub --bundle app.json app.tgz',
    },
  ],
  content: attestationDemandOptions,
})
