import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { pemOf, pemOfKey } from '../support/sigstore/certificate.ts'
import { ecKeyPair } from '../support/sigstore/context.ts'
import { signBundle, type SignBundleOptions } from '../support/sigstore/sign-bundle.ts'
import type { TestBundle } from '../support/sigstore/test-bundle.ts'
import { virtualSigstore } from '../support/sigstore/virtual-sigstore.ts'
import { statementPayload } from '../support/verification.ts'
import { workspace, type Workspace } from '../support/workspace.ts'

const identity = { subject: 'release@acme.test', issuer: 'https://id.acme.test' }
const who = ['--certificate-identity', identity.subject, '--certificate-oidc-issuer', identity.issuer]
const blob = Buffer.from('a release\n')
const hex = createHash('sha256').update(blob).digest('hex')
const base64 = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('base64')

/** What cosign v1 and v2 wrote with `sign-blob --bundle`. */
function cosignBundle(bundle: TestBundle, base64Signature: string, publicKey?: string): unknown {
  const [entry] = bundle.verificationMaterial.tlogEntries
  const certificate = bundle.verificationMaterial.certificate?.rawBytes
  return {
    base64Signature,
    cert: base64(publicKey ?? pemOf(Buffer.from(certificate ?? '', 'base64'))),
    rekorBundle: {
      SignedEntryTimestamp: entry?.inclusionPromise?.signedEntryTimestamp,
      Payload: {
        body: entry?.canonicalizedBody,
        integratedTime: Number(entry?.integratedTime),
        logIndex: Number(entry?.logIndex),
        logID: Buffer.from(entry?.logId.keyId ?? '', 'base64').toString('hex'),
      },
    },
  }
}

function signature(bundle: TestBundle): string {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a message signature was asked for
  return (bundle.messageSignature as { readonly signature: string }).signature
}

async function scene(
  place: Workspace,
  options: Partial<SignBundleOptions> = {},
): Promise<{
  readonly file: string
  readonly bundle: TestBundle
  readonly verify: (bundle: unknown, ...rest: readonly string[]) => ReturnType<typeof runCli>
}> {
  const sigstore = virtualSigstore()
  const root = await place.write('root.json', sigstore.trustedRoot)
  const file = await place.write('release.txt', blob)
  const bundle = await signBundle(sigstore, {
    payload: blob,
    content: 'message',
    signer: { identity },
    ...options,
  })
  return {
    file,
    bundle,
    verify: async (document, command = 'verify-blob', ...rest) => {
      const path = await place.write('bundle.json', JSON.stringify(document))
      return await runCli([command, '--bundle', path, '--trusted-root', root, '--offline', ...rest])
    },
  }
}

describe('assay verify-blob', () => {
  it('verifies a file and its digest, and refuses another file', async () => {
    await using place = await workspace()
    const { file, bundle, verify } = await scene(place)
    const run = await verify(bundle, 'verify-blob', ...who, file)
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toContain('signature of a file')
    expect((await verify(bundle, 'verify-blob', ...who, `sha256:${hex}`)).code).toBe(0)
    const other = await place.write('other.txt', 'another release\n')
    expect(await verify(bundle, 'verify-blob', ...who, other)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('SUBJECT_MISMATCH'),
    })
    expect((await verify(bundle, 'verify-blob', ...who, 'sha256:abc')).code).toBe(2)
    expect((await verify(bundle, 'verify-blob', ...who, place.path('absent'))).code).toBe(2)
    expect((await runCli(['verify-blob', ...who, file])).code).toBe(2)
    expect(await verify({ ...bundle, mediaType: 'x' }, 'verify-blob', ...who, file)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('UNSUPPORTED_FORMAT'),
    })
  })

  it('A-41: an attestation about the file is no signature of it, and the other way round', async () => {
    await using place = await workspace()
    const predicateType = 'https://slsa.dev/provenance/v1'
    const payload = statementPayload({ predicateType, subject: [{ digest: { sha256: hex } }] })
    const { file, bundle, verify } = await scene(place, { payload, content: 'dsse' })
    const refused = await verify(bundle, 'verify-blob', ...who, file)
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('PREDICATE_TYPE_MISMATCH') })
    const line = ['verify-blob-attestation', '--type', 'slsaprovenance1', ...who] as const
    expect((await verify(bundle, ...line, file)).code).toBe(0)
    expect((await verify(bundle, ...line, `sha256:${hex}`)).code).toBe(0)
    expect((await verify(bundle, 'verify-blob-attestation', ...who, file)).code).toBe(1)
    const { bundle: message } = await scene(place)
    expect((await verify(message, ...line, file)).code).toBe(1)
  })

  it('A-02: reads cosign’s older bundles of files, keyless and with a key', async () => {
    await using place = await workspace()
    const { file, bundle, verify } = await scene(place)
    const old = cosignBundle(bundle, signature(bundle))
    expect(await verify(old, 'verify-blob', ...who, file)).toMatchObject({ code: 0, stderr: '' })
    expect((await verify(old, 'verify-blob', ...who, `sha256:${hex}`)).code).toBe(0)
    const { bundle: another } = await scene(place)
    const grafted = cosignBundle(another, signature(bundle))
    expect((await verify(grafted, 'verify-blob', ...who, file)).code).toBe(1)
    const keys = ecKeyPair()
    const byKey = await scene(place, { signer: keys })
    const pub = await place.write('release.pub', pemOfKey(keys.publicKey))
    const withKey = cosignBundle(byKey.bundle, signature(byKey.bundle), pemOfKey(keys.publicKey))
    expect(await byKey.verify(withKey, 'verify-blob', '--key', pub, file)).toMatchObject({ code: 0 })
    const stranger = await place.write('stranger.pub', pemOfKey(ecKeyPair().publicKey))
    expect((await byKey.verify(withKey, 'verify-blob', '--key', stranger, file)).code).toBe(1)
    expect(await verify({ base64Signature: 'AAAA', extra: 1 }, 'verify-blob', ...who, file)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('MALFORMED_BUNDLE'),
    })
  })
})
