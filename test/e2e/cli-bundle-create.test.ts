import { describe, expect, it } from 'vitest'
import { oldBundle, withBundleScene as withScene, type BundleJson } from '../support/bundle-scene.ts'
import { releaseIdentity } from '../support/workspace.ts'

const verifyKey = ['verify-blob', '--key', 'release.pub'] as const
const verifyIdentity = ['verify-blob', ...releaseIdentity] as const

describe('bundle create', () => {
  it('of a signature with a key and a timestamp: finds its log entry, and the bundle verifies', async () => {
    await withScene(async ({ sigstore, log, signBlob, write, run }) => {
      const { messageSignature, verificationMaterial } = await signBlob('--key', 'release.key')
      await write('app.sig', `${messageSignature?.signature}\n`)
      const [timestamp] = verificationMaterial.timestampVerificationData.rfc3161Timestamps
      await write('app.tsr', { SignedRFC3161Timestamp: timestamp?.signedTimestamp })
      const parts = ['--artifact', 'app.tar', '--signature', 'app.sig', '--key', 'release.pub']
      const made = await run(
        'bundle',
        'create',
        ...parts,
        '--rfc3161-timestamp',
        'app.tsr',
        ...log,
        '--out',
        'new.json',
      )
      expect(made).toEqual({ code: 0, stdout: '', stderr: '' })
      expect(await run(...verifyKey, ...sigstore.verify, '--bundle', 'new.json', 'app.tar')).toMatchObject({
        code: 0,
      })
      const bare = await run('bundle', 'create', ...parts, '--ignore-tlog')
      await write('bare.json', bare.stdout)
      expect(await run(...verifyKey, '--bundle', 'bare.json', 'app.tar')).toMatchObject({ code: 3 })
      expect(
        await run(...verifyKey, '--insecure-ignore-tlog', '--bundle', 'bare.json', 'app.tar'),
      ).toMatchObject({ code: 0 })
    })
  })

  it('of a bundle of cosign v2, keyless: asks the log for the proof, and the bundle verifies', async () => {
    await withScene(async ({ sigstore, log, signBlob, write, run }) => {
      await write('old.json', oldBundle(await signBlob()))
      const parts = ['--artifact', 'app.tar', '--bundle', 'old.json']
      expect(await run('bundle', 'create', ...parts, ...log, '--out', 'new.json')).toMatchObject({
        code: 0,
        stderr: '',
      })
      const verified = await run(...verifyIdentity, ...sigstore.verify, '--bundle', 'new.json', 'app.tar')
      expect(verified).toMatchObject({ code: 0 })
      expect(await run('bundle', 'create', ...parts, '--ignore-tlog')).toMatchObject({ code: 2 })
    })
  })

  it('of an attestation and its certificate', async () => {
    await withScene(async ({ sigstore, log, place, write, run }) => {
      const claim = ['--type', 'cyclonedx', '--predicate', 'sbom.cdx.json', '--bundle', 'made.json']
      expect(await run('attest-blob', ...sigstore.sign, ...claim, 'app.tar')).toMatchObject({ code: 0 })
      const made: BundleJson = JSON.parse(await place.read('made.json'))
      const { payload, payloadType, signatures } = made.dsseEnvelope ?? {}
      const [{ sig } = { sig: '' }] = signatures ?? []
      // The log keeps the hash of the envelope as it was sent.
      await write('app.att', { payloadType, payload, signatures: [{ keyid: '', sig }] })
      const der = made.verificationMaterial.certificate?.rawBytes ?? ''
      await write('app.pem', `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`)
      const parts = ['--attestation', 'app.att', '--certificate', 'app.pem', '--artifact', 'app.tar']
      expect(await run('bundle', 'create', ...parts, ...log, '--out', 'new.json')).toMatchObject({
        code: 0,
        stderr: '',
      })
      const verify = [
        'verify-blob-attestation',
        '--type',
        'cyclonedx',
        ...releaseIdentity,
        ...sigstore.verify,
      ]
      expect(await run(...verify, '--bundle', 'new.json', 'app.tar')).toMatchObject({ code: 0 })
      await write('other.tar', 'other bytes')
      const other = await run('bundle', 'create', ...parts.slice(0, 4), '--artifact', 'other.tar', ...log)
      expect(other).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('SUBJECT_MISMATCH'),
      })
    })
  })

  it('refuses parts that do not belong together, and writes nothing', async () => {
    await withScene(async ({ place, sigstore, log, signBlob, write, run }) => {
      const { messageSignature, verificationMaterial } = await signBlob('--key', 'release.key')
      const [timestamp] = verificationMaterial.timestampVerificationData.rfc3161Timestamps
      await write('app.sig', messageSignature?.signature)
      await write('other.tar', 'other bytes')
      await place.keys('other')
      await run('sign-blob', ...sigstore.sign, '--key', 'release.key', '--bundle', 'other.json', 'other.tar')
      const other: BundleJson = JSON.parse(await place.read('other.json'))
      await write('other.sig', other.messageSignature?.signature)
      const unlogged = ['--key', 'release.key', '--tlog-upload=false', '--bundle', 'unlogged.json']
      await run('sign-blob', ...unlogged, 'app.tar')
      const never: BundleJson = JSON.parse(await place.read('unlogged.json'))
      await write('unlogged.sig', never.messageSignature?.signature)
      await write('stamp.json', { SignedRFC3161Timestamp: timestamp?.signedTimestamp })
      const create = ['bundle', 'create', '--out', 'never.json']
      const own = ['--artifact', 'app.tar', '--signature', 'app.sig']
      const cases: readonly (readonly [string, number, readonly string[]])[] = [
        ['INVALID_SIGNATURE', 1, [...own, '--key', 'other.pub', '--ignore-tlog']],
        [
          'INVALID_SIGNATURE',
          1,
          ['--artifact', 'other.tar', '--signature', 'app.sig', '--key', 'release.pub', '--ignore-tlog'],
        ],
        [
          'NOT_LOGGED',
          1,
          ['--artifact', 'app.tar', '--signature', 'unlogged.sig', '--key', 'release.pub', ...log],
        ],
        [
          'INVALID_TIMESTAMP',
          1,
          [
            '--artifact',
            'other.tar',
            '--signature',
            'other.sig',
            '--key',
            'release.pub',
            '--rfc3161-timestamp',
            'stamp.json',
            '--ignore-tlog',
          ],
        ],
        ['MALFORMED_BUNDLE', 1, [...own, '--ignore-tlog']],
        ['MALFORMED_BUNDLE', 1, ['--artifact', 'app.tar', '--bundle', 'made.json', '--ignore-tlog']],
        ['USAGE', 2, ['--signature', 'app.sig', '--key', 'release.pub']],
        ['USAGE', 2, [...own, '--attestation', 'app.sig', '--key', 'release.pub']],
        ['USAGE', 2, [...own, '--key', 'release.pub', '--certificate', 'app.sig']],
        ['USAGE', 2, [...own, '--key', 'release.pub', '--rekor-url', 'http://rekor.test']],
        ['SERVICE_UNREACHABLE', 3, [...own, '--key', 'release.pub', '--rekor-url', 'http://127.0.0.1:9']],
      ]
      for (const [code, exit, flags] of cases) {
        // oxlint-disable-next-line no-await-in-loop -- two cores: one process after the other
        const made = await run(...create, ...flags)
        expect([flags, made.code, made.stderr]).toEqual([flags, exit, expect.stringContaining(`[${code}]`)])
        // oxlint-disable-next-line no-await-in-loop -- see above
        await expect(place.read('never.json')).rejects.toMatchObject({ code: 'ENOENT' })
      }
    })
  })
})
