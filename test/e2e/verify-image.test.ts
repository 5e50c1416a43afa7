import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  parseTrustRoot,
  predicateTypeOf,
  renderVerification,
  verificationDocument,
  verifyImage,
  type ImageVerification,
} from '@assay/core'
import { openLayout, parseDigest, RegistryError, type Digest } from '@assay/registry'
import { corpus } from '@assay/test-support/corpora'
import { afterEach, describe, expect, test } from 'vitest'

const images = corpus('github-signed-images')
const root = join(corpus('trust') ?? '', 'public-good.trusted_root.json')
const issuer = 'https://token.actions.githubusercontent.com'
const versions = ['v1.5.0', 'v1.10.0', 'v2.1.0'] as const
const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function signerOf(version: string): string {
  return `https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml@refs/tags/${version}`
}

function layoutOf(version: string): { readonly path: string; readonly digest: Digest } {
  const path = join(images ?? '', version, 'container_workflow_dispatch')
  const text = readFileSync(`${path}.digest`, 'utf8').trim()
  return { path, digest: parseDigest(text.startsWith('sha256:') ? text : `sha256:${text}`) }
}

async function verify(
  layout: { readonly path: string; readonly digest: Digest },
  who: { readonly subject: string; readonly issuer?: string },
  predicateType = 'slsaprovenance',
): Promise<ImageVerification> {
  const source = openLayout(layout.path)
  const subject = await source.resolve(layout.digest)
  return await verifyImage(source, subject, {
    signer: {
      kind: 'certificate',
      identities: [
        {
          subject: { kind: 'exact', value: who.subject },
          issuer: { kind: 'exact', value: who.issuer ?? issuer },
        },
      ],
    },
    content:
      predicateType === ''
        ? { kind: 'signature' }
        : { kind: 'attestation', predicateType: predicateTypeOf(predicateType) },
    trust: parseTrustRoot(readFileSync(root)),
    now: new Date('2026-01-01T00:00:00Z'),
    transparencyLog: 'require',
    sct: 'require',
  })
}

/** The codes for which everything that is attached was refused. */
async function refusals(...args: Parameters<typeof verify>): Promise<readonly string[]> {
  const { proofs, refused } = await verify(...args)
  expect(proofs).toEqual([])
  return refused.map(({ refusal }) => refusal.code)
}

/** A copy in which one byte of the blob is another. */
function damaged(
  version: string,
  pick: (layout: { path: string; digest: Digest }) => string,
): { path: string; digest: Digest } {
  const layout = layoutOf(version)
  const path = mkdtempSync(join(tmpdir(), 'assay-verify-'))
  folders.push(path)
  cpSync(layout.path, path, { recursive: true })
  const blob = join(path, 'blobs', ...pick({ path, digest: layout.digest }).split(':'))
  const bytes = readFileSync(blob)
  const at = Math.floor(bytes.byteLength / 2)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(blob, bytes)
  return { path, digest: layout.digest }
}

interface LayoutIndex {
  readonly manifests: readonly { readonly digest: string; readonly annotations: { readonly kind: string } }[]
}

function attestationManifest({ path }: { readonly path: string }): string {
  const index: LayoutIndex = JSON.parse(readFileSync(join(path, 'index.json'), 'utf8'))
  return index.manifests.find(({ annotations }) => annotations.kind.endsWith('/atts'))?.digest ?? ''
}

function envelope(layout: { readonly path: string }): string {
  const blob = join(layout.path, 'blobs', ...attestationManifest(layout).split(':'))
  const manifest: { readonly layers: readonly { readonly digest: string }[] } = JSON.parse(
    readFileSync(blob, 'utf8'),
  )
  return manifest.layers[0]?.digest ?? ''
}

describe.skipIf(images === undefined)('images signed by GitHub Actions', () => {
  test.each(versions)('%s verifies and names repository and commit', async (version) => {
    const verification = await verify(layoutOf(version), { subject: signerOf(version) })
    const document = verificationDocument(verification)
    expect(document.verified).toBe(true)
    expect(document.signatures[0]).toMatchObject({
      repository: 'https://github.com/slsa-framework/example-package',
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
      signer: { kind: 'certificate', subject: signerOf(version), issuer },
      content: { kind: 'statement', alias: 'slsaprovenance' },
      log: [{ log: 'https://rekor.sigstore.dev' }],
      times: [{ source: 'transparency-log' }],
      weakened: [],
    })
  })

  test.each(versions)(
    '%s is refused for another identity, another issuer and as a signature',
    async (version) => {
      expect(await refusals(layoutOf(version), { subject: signerOf(`${version}0`) })).toEqual([
        'IDENTITY_MISMATCH',
      ])
      expect(await refusals(layoutOf(version), { subject: signerOf(version), issuer: `${issuer}/` })).toEqual(
        ['ISSUER_MISMATCH'],
      )
      expect(await refusals(layoutOf(version), { subject: signerOf(version) }, '')).toEqual([
        'PREDICATE_TYPE_MISMATCH',
      ])
      expect(await refusals(layoutOf(version), { subject: signerOf(version) }, 'spdx')).toEqual([
        'PREDICATE_TYPE_MISMATCH',
      ])
    },
  )

  test.each(versions)(
    'A-46: %s: a flipped byte in index, attestation manifest or envelope is told by its digest',
    async (version) => {
      for (const pick of [(layout: { readonly digest: Digest }) => layout.digest, attestationManifest]) {
        const layout = damaged(version, pick)
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const failed = await verify(layout, { subject: signerOf(version) }).catch((error: unknown) => error)
        expect(failed).toBeInstanceOf(RegistryError)
        expect(failed).toMatchObject({ code: 'CONTENT_MISMATCH', on: pick(layout) })
      }
      const { proofs, refused } = await verify(damaged(version, envelope), { subject: signerOf(version) })
      expect(proofs).toEqual([])
      expect(refused).toMatchObject([{ refusal: { code: 'UNUSABLE_ATTACHMENT' } }])
    },
  )

  test('the text says who, what, when and from where', async () => {
    const text = renderVerification(await verify(layoutOf('v1.10.0'), { subject: signerOf('v1.10.0') }), {
      color: false,
    })
    expect(text).toMatchInlineSnapshot(`
      "VERIFIED sha256:e0a0a765d690a5104331cfbac88ebbbf01736c1f87aaa3cd455c516a5ea586a5
        signed by   https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml@refs/tags/v1.10.0
          vouched   https://token.actions.githubusercontent.com
        content     attestation slsaprovenance https://slsa.dev/provenance/v0.2
        at          2024-03-21T10:34:04.000Z (log https://rekor.sigstore.dev)
        logged      https://rekor.sigstore.dev entry 80008005 (signed entry timestamp)
        source      https://github.com/slsa-framework/example-package
        commit      d37a7f740ee7404914456f24dcd90e865a0509e8
      "
    `)
  })

  test('the text of a refusal says which check failed, with expected and got', async () => {
    const text = renderVerification(await verify(layoutOf('v1.10.0'), { subject: 'mallory' }), {
      color: false,
    })
    expect(text).toMatchInlineSnapshot(`
      "NOT VERIFIED sha256:e0a0a765d690a5104331cfbac88ebbbf01736c1f87aaa3cd455c516a5ea586a5
        refused     legacy sha256:20b16d5835eceaa7b9dbb7e4fdf4db52a8b9159c1416dd73e54cade07e838917
          identity: it was signed by another identity [IDENTITY_MISMATCH]
            expected mallory
            got      https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml@refs/tags/v1.10.0
      "
    `)
  })
})
