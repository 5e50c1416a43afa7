import { attachmentTag, fetchManifest, openLayout, readAll } from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { all } from '../support/artifacts.ts'
import { oldBundle, withBundleScene as withScene, type BundleJson } from '../support/bundle-scene.ts'
import { runCli } from '../support/cli.ts'
import { attachLegacy } from '../support/legacy-signatures.ts'
import { timestamped } from '../support/sigstore/sign-bundle.ts'
import { plainImage, releaseIdentity } from '../support/workspace.ts'

const verifyIdentity = ['verify-blob', ...releaseIdentity] as const

describe('bundle upgrade', () => {
  it('brings v0.1 without a proof and with a chain to a v0.3 that verifies; a v0.3 stays as it is', async () => {
    await withScene(async ({ place, sigstore, log, signBlob, write, run }) => {
      const made = await signBlob()
      const [entry] = made.verificationMaterial.tlogEntries
      const { certificate, ...material } = made.verificationMaterial
      const { inclusionProof: _, ...promised } = entry ?? {}
      await write('v01.json', {
        ...made,
        mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
        verificationMaterial: {
          ...material,
          x509CertificateChain: { certificates: [certificate] },
          tlogEntries: [promised],
        },
      })
      expect(await run('bundle', 'upgrade', ...log, '--out', 'new.json', 'v01.json')).toEqual({
        code: 0,
        stdout: '',
        stderr: '',
      })
      const upgraded: BundleJson = JSON.parse(await place.read('new.json'))
      expect(upgraded.mediaType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json')
      const verified = await run(...verifyIdentity, ...sigstore.verify, '--bundle', 'new.json', 'app.tar')
      expect(verified).toMatchObject({ code: 0 })
      const again = await run('bundle', 'upgrade', ...log, 'new.json')
      expect(again).toMatchObject({
        code: 0,
        stdout: await place.read('new.json'),
        stderr: expect.stringContaining('already'),
      })
    })
  })

  it('brings a bundle of cosign v2 to v0.3, without the file that was signed', async () => {
    await withScene(async ({ sigstore, log, signBlob, write, run }) => {
      await write('old.json', oldBundle(await signBlob()))
      expect(await run('bundle', 'upgrade', ...log, '--out', 'new.json', 'old.json')).toMatchObject({
        code: 0,
      })
      const verified = await run(...verifyIdentity, ...sigstore.verify, '--bundle', 'new.json', 'app.tar')
      expect(verified).toMatchObject({ code: 0 })
    })
  })

  it('refuses a bundle of something else than the artifact that is named, whatever its form', async () => {
    await withScene(async ({ log, signBlob, write, run }) => {
      const made = await signBlob()
      await write('old.json', oldBundle(made))
      const { certificate, ...material } = made.verificationMaterial
      await write('v02.json', {
        ...made,
        mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.2',
        verificationMaterial: { ...material, x509CertificateChain: { certificates: [certificate] } },
      })
      await write('other.tar', 'the bytes of something else')
      for (const file of ['old.json', 'v02.json', 'made.json']) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const other = await run('bundle', 'upgrade', ...log, '--artifact', 'other.tar', file)
        expect(other).toMatchObject({
          code: 1,
          stdout: '',
          stderr: expect.stringContaining('[SUBJECT_MISMATCH]'),
        })
        // oxlint-disable-next-line no-await-in-loop -- as above
        expect(await run('bundle', 'upgrade', ...log, '--artifact', 'app.tar', file)).toMatchObject({
          code: 0,
        })
      }
    })
  })

  it('a log that gives another entry, or another time of it, is refused', async () => {
    await withScene(async ({ sigstore, log, signBlob, write, run }) => {
      const made = await signBlob()
      const later = await signBlob()
      const [entry] = made.verificationMaterial.tlogEntries
      const changes: readonly Partial<BundleJson['verificationMaterial']['tlogEntries'][number]>[] = [
        { logIndex: String(Number(entry?.logIndex) + 1) },
        { integratedTime: '1700000000' },
        { canonicalizedBody: later.verificationMaterial.tlogEntries[0]?.canonicalizedBody ?? '' },
        { logId: { keyId: Buffer.alloc(32, 1).toString('base64') } },
      ]
      for (const change of changes) {
        const tlogEntries = entry === undefined ? [] : [{ ...entry, ...change }]
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await write(
          'old.json',
          oldBundle({
            ...made,
            verificationMaterial: { ...made.verificationMaterial, tlogEntries },
          }),
        )
        // oxlint-disable-next-line no-await-in-loop -- see above
        const run1 = await run('bundle', 'upgrade', ...log, 'old.json')
        expect(run1).toMatchObject({
          code: 3,
          stdout: '',
          stderr: expect.stringContaining('Rekor gave an unusable answer'),
        })
      }
      sigstore.sigstore.tell('wrong-tree')
      await write('old.json', oldBundle(made))
      const lied = await run('bundle', 'upgrade', ...log, 'old.json')
      expect(lied).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('INVALID_LOG_PROOF'),
      })
    })
  })

  it('makes no bundle of an attestation whose timestamp is over its envelope: nobody would accept it', async () => {
    await withScene(async ({ place, sigstore, log, run }) => {
      const { reference, descriptor } = await place.image('image', plainImage)
      const legacy = ['--signature-format', 'legacy', ...sigstore.sign]
      await run('attest', ...legacy, '--type', 'cyclonedx', '--predicate', 'sbom.cdx.json', reference)
      const store = openLayout(place.path('image'))
      const tagged = await store.resolve(attachmentTag(descriptor.digest, 'att'))
      const manifest = await fetchManifest(store, tagged)
      const [layer] = manifest.kind === 'manifest' ? manifest.layers : []
      if (layer === undefined) throw new Error('no attestation')
      const payload = await readAll(store.open(layer), { limit: 1024 * 1024, on: layer.digest })
      const { signedTimestamp: stamp } = await timestamped(sigstore.sigstore, payload)
      const timestamp = {
        'dev.sigstore.cosign/rfc3161timestamp': JSON.stringify({ SignedRFC3161Timestamp: stamp }),
      }
      const annotations = { ...layer.annotations, ...timestamp }
      await attachLegacy(store, descriptor, { suffix: 'att', layers: [{ payload, annotations }] })
      const verify = ['verify-attestation', '--type', 'cyclonedx', ...releaseIdentity, ...sigstore.verify]
      expect(await run(...verify, reference)).toMatchObject({ code: 0 })
      const upgraded = await run('bundle', 'upgrade', ...log, reference)
      expect(upgraded).toMatchObject({ code: 1, stderr: expect.stringContaining('[INVALID_TIMESTAMP]') })
      expect(await all(store.referrers(descriptor.digest))).toEqual([])
    })
  })

  it('attaches the attestations of an image’s .att tag as bundles, once, and leaves its .sig', async () => {
    await withScene(async ({ place, sigstore, log, run }) => {
      const { reference } = await place.image('image', plainImage)
      const legacy = ['--signature-format', 'legacy', ...sigstore.sign]
      await run('sign', ...legacy, reference)
      await run('attest', ...legacy, '--type', 'cyclonedx', '--predicate', 'sbom.cdx.json', reference)
      const first = await run('bundle', 'upgrade', ...log, reference)
      expect(first.stderr).toBe('')
      expect(first.stdout).toMatch(/attached as sha256:[0-9a-f]{64} \(https:\/\/cyclonedx\.org\/bom\)/)
      expect(first.stdout).toContain('stays: a .sig is no statement')
      expect(first.stdout).toContain('the .sig and .att tags stay')
      expect((await run('bundle', 'upgrade', ...log, reference)).stdout).toContain(
        'there as a bundle already',
      )
      const verify = ['verify-attestation', '--type', 'cyclonedx', ...releaseIdentity, ...sigstore.verify]
      const verified = await run(...verify, '--output', 'json', reference)
      expect(verified.code).toBe(0)
      expect(verified.stdout).toContain('"referrer"')
    })
  })
})

describe('bundle inspect', () => {
  it('shows who, what, when and where, and says that nothing is verified', async () => {
    await withScene(async ({ signBlob, run }) => {
      await signBlob()
      const shown = await run('bundle', 'inspect', 'made.json')
      expect(shown).toMatchObject({ code: 0, stderr: '' })
      for (const text of [
        'nothing is verified',
        'release@acme.test',
        'https://id.acme.test',
        'hashedrekord/0.0.1',
        'timestamp ',
      ])
        expect(shown.stdout).toContain(text)
      const document: unknown = JSON.parse(
        (await run('bundle', 'inspect', '--output', 'json', 'made.json')).stdout,
      )
      expect(document).toMatchObject({
        schema: 'assay.bundle/v1',
        verified: false,
        format: 'v0.3',
        content: { kind: 'message', digest: expect.stringMatching(/^sha256:/) },
        signer: { kind: 'certificate', subject: 'release@acme.test' },
        log: [
          { kind: 'hashedrekord/0.0.1', promise: true, proof: { treeSize: expect.stringMatching(/^[1-9]/) } },
        ],
        timestamps: [{ hash: 'sha256' }],
      })
    })
  })

  it('of a device that has no end ends at the limit', async () => {
    const run = await runCli(['bundle', 'inspect', '/dev/zero'])
    expect(run).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('is too large') })
  })

  it('of something else says what is wrong with it', async () => {
    await withScene(async ({ run }) => {
      expect(await run('bundle', 'inspect', 'sbom.cdx.json')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('MALFORMED_BUNDLE'),
      })
    })
  })
})
