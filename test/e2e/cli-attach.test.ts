import {
  attachmentTag,
  mediaTypes,
  openLayout,
  openRepository,
  registryTransport,
  type Descriptor,
} from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { all, pushArtifact, pushBytes } from '../support/artifacts.ts'
import { imageAt, typesOf, whileServed } from '../support/attached-scene.ts'
import { runCli } from '../support/cli.ts'
import { password, plainImage, workspace, type Workspace } from '../support/workspace.ts'

const ignoreLog = '--insecure-ignore-tlog'

/** A signed and attested image, and another one of the same content under another digest. */
async function signedImage(
  place: Workspace,
  format: 'bundle' | 'legacy',
): Promise<{ reference: string; image: Descriptor }> {
  const { reference, descriptor } = await place.image('image', plainImage)
  await place.keys()
  const key = ['--key', place.path('release.key'), '--tlog-upload=false', '--signature-format', format]
  expect(await runCli(['sign', ...key, reference], { env: password })).toMatchObject({ code: 0 })
  const predicate = await place.write('predicate.json', '{"a":1}')
  const attest = ['attest', ...key, '--type', 'https://acme.test/p', '--predicate', predicate, reference]
  expect(await runCli(attest, { env: password })).toMatchObject({ code: 0 })
  return { reference, image: descriptor }
}

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '')

describe('assay download and attach', () => {
  it('carry bundles from one place to another, where they verify', async () => {
    await using place = await workspace()
    const { reference } = await signedImage(place, 'bundle')
    const downloaded = await runCli(['download', 'bundle', reference])
    expect(downloaded).toMatchObject({ code: 0, stderr: 'warning: nothing of this was verified\n' })
    const bundles = linesOf(downloaded.stdout)
    expect(bundles).toHaveLength(2)
    const paths = await Promise.all(bundles.map(async (text, at) => await place.write(`${at}.json`, text)))
    await whileServed({}, async (host) => {
      const there = `${host}/a/b:v1`
      expect(await runCli(['copy', reference, there])).toMatchObject({ code: 0 })
      const store = openRepository({ host, repository: 'a/b' }, { transport: registryTransport() })
      await runCli(['clean', '--type', 'all', '--yes', there])
      const flags = paths.flatMap((path) => ['--bundle', path])
      const attached = await runCli(['attach', 'bundle', ...flags, '-o', 'json', there])
      expect(attached).toMatchObject({ code: 0, stderr: '' })
      expect(JSON.parse(attached.stdout)).toMatchObject({
        schema: 'assay.attached/v1',
        verified: false,
        attached: [{ mediaType: mediaTypes.sigstoreBundle }, { mediaType: mediaTypes.sigstoreBundle }],
      })
      expect(await typesOf(store, await store.resolve('v1'))).toHaveLength(2)
      const verify = ['verify', '--key', place.path('release.pub'), ignoreLog, there]
      expect(await runCli(verify)).toMatchObject({ code: 0 })
    })
  })

  it('give out attestations as envelopes, by their type, of both forms', async () => {
    await using place = await workspace()
    for (const format of ['bundle', 'legacy'] as const) {
      const { reference, image } = await signedImage(place, format)
      const line = ['download', 'attestation', '--predicate-type', 'https://acme.test/p', reference]
      const [envelope = ''] = linesOf((await runCli(line)).stdout)
      const { payload, payloadType }: { payload: string; payloadType: string } = JSON.parse(envelope)
      expect(payloadType).toBe('application/vnd.in-toto+json')
      expect(Buffer.from(payload, 'base64').toString()).toContain(image.digest.slice('sha256:'.length))
      const none = await runCli(['download', 'attestation', '--predicate-type', 'slsaprovenance1', reference])
      expect(none.code).toBe(3)
      expect(none.stderr).toContain('[NOT_FOUND]')
    }
  })

  it('carry a signature of the older form in pieces, and an envelope, under cosign’s tags', async () => {
    await using place = await workspace()
    const { reference, image } = await signedImage(place, 'legacy')
    const [line = ''] = linesOf((await runCli(['download', 'signature', reference])).stdout)
    const { Base64Signature, Payload }: { Base64Signature: string; Payload: string } = JSON.parse(line)
    const [envelope = ''] = linesOf((await runCli(['download', 'attestation', reference])).stdout)
    await runCli(['clean', '--type', 'all', '--yes', reference])
    const payload = await place.write('payload.json', Buffer.from(Payload, 'base64'))
    const signature = await place.write('payload.sig', `${Base64Signature}\n`)
    const pieces = ['--payload', payload, '--signature', signature]
    expect(await runCli(['attach', 'signature', ...pieces, reference])).toMatchObject({ code: 0, stderr: '' })
    const file = await place.write('attestation.jsonl', `${envelope}\n`)
    const attach = ['attach', 'attestation', '--attestation', file, reference]
    expect(await runCli(attach)).toMatchObject({ code: 0, stderr: '' })
    const tags = await all(openLayout(place.path('image')).tags())
    expect(tags).toContain(attachmentTag(image.digest, 'sig'))
    expect(tags).toContain(attachmentTag(image.digest, 'att'))
    const verify = ['verify', '--key', place.path('release.pub'), ignoreLog]
    expect(await runCli([...verify, reference])).toMatchObject({ code: 0 })
    expect(await runCli([...verify, '--type', 'https://acme.test/p', reference])).toMatchObject({ code: 0 })
  })

  it('attach nothing that is about another image', async () => {
    await using place = await workspace()
    const { reference } = await signedImage(place, 'bundle')
    const [bundle = ''] = linesOf((await runCli(['download', 'bundle', reference])).stdout)
    const [envelope = ''] = linesOf((await runCli(['download', 'attestation', reference])).stdout)
    const other = await place.image('other', { ...plainImage, config: { User: '7' } })
    const payload = await place.write(
      'payload.json',
      `{"critical":{"identity":{"docker-reference":""},"image":{"docker-manifest-digest":"sha256:${'0'.repeat(64)}"},"type":"cosign container image signature"},"optional":null}`,
    )
    const signature = await place.write('payload.sig', 'AAAA')
    for (const line of [
      ['attach', 'bundle', '--bundle', await place.write('b.json', bundle)],
      ['attach', 'attestation', '--attestation', await place.write('e.json', envelope)],
      ['attach', 'signature', '--payload', payload, '--signature', signature],
    ]) {
      const result = await runCli([...line, other.reference])
      expect(result.code).toBe(1)
      expect(result.stderr).toContain('[SUBJECT_MISMATCH]')
    }
    expect((await runCli(['tree', other.reference])).stdout).toContain('nothing is attached')
  })
})

const spdx = '{"spdxVersion":"SPDX-2.3","name":"x"}'
const cyclonedx = '<?xml version="1.0"?>\n<bom xmlns="http://cyclonedx.org/schema/bom/1.6"></bom>\n'

describe('assay attach sbom', () => {
  it('attaches an SBOM as a referrer, and gives it back byte for byte', async () => {
    await using place = await workspace()
    const { reference } = await place.image('image', plainImage)
    for (const [name, text] of [
      ['a.json', spdx],
      ['b.xml', cyclonedx],
    ] as const) {
      const line = ['attach', 'sbom', '--sbom', await place.write(name, text), reference]
      expect(await runCli(line)).toMatchObject({ code: 0, stderr: '' })
    }
    const several = await runCli(['download', 'sbom', reference])
    expect(several.code).toBe(2)
    const [, digest = ''] =
      /(sha256:[0-9a-f]{64}) \(application\/vnd\.cyclonedx\+xml\)/.exec(several.stderr) ?? []
    const one = await runCli(['download', 'sbom', '--digest', digest, reference])
    expect(one).toMatchObject({ code: 0, stdout: cyclonedx })
    const file = place.path('out.xml')
    await runCli(['download', 'sbom', '--digest', digest, '--output-file', file, reference])
    expect(await place.read('out.xml')).toBe(cyclonedx)
  })

  it('puts one under cosign’s tag, and no second one over it', async () => {
    await using place = await workspace()
    const { reference, descriptor } = await place.image('image', plainImage)
    const legacy = ['attach', 'sbom', '--registry-referrers-mode', 'legacy', '--type', 'spdx']
    const first = [...legacy, '--sbom', await place.write('a.json', spdx), reference]
    expect(await runCli(first)).toMatchObject({ code: 0 })
    expect(await runCli(first)).toMatchObject({ code: 0 })
    expect(await all(openLayout(place.path('image')).tags())).toContain(
      attachmentTag(descriptor.digest, 'sbom'),
    )
    expect((await runCli(['download', 'sbom', reference])).stdout).toBe(spdx)
    const second = await place.write('b.json', spdx.replace('"x"', '"y"'))
    const refused = await runCli([...legacy, '--sbom', second, reference])
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain('[WRITE_FAILED]')
  })

  it.each([
    ['no SBOM at all', '{"a":1}', []],
    ['another format than was said', spdx, ['--type', 'cyclonedx']],
    ['another form than was said', spdx, ['--input-format', 'xml']],
  ])('refuses %s', async (_name, text, flags) => {
    await using place = await workspace()
    const file = await place.write('sbom', text)
    const result = await runCli(['attach', 'sbom', ...flags, '--sbom', file, 'oci:x'])
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('is not the SBOM')
  })
})

describe('assay download', () => {
  it('I-08 leaves out an SBOM that is listed and is about another image', async () => {
    await using place = await workspace()
    await whileServed({ referrersApi: false }, async (host) => {
      const { store, reference } = await imageAt(place, host)
      const other = await pushArtifact(store, { layer: 'other' })
      const layers = [await pushBytes(store, 'text/spdx+json', Buffer.from(spdx))]
      const stray = await pushArtifact(store, { subject: other, layers, artifactType: 'text/spdx+json' })
      await store.list((await store.resolve('v1')).digest, [stray])
      expect((await runCli(['download', 'sbom', reference])).code).toBe(3)
    })
  })

  it('does not pass over a bundle that cannot be had', async () => {
    await using place = await workspace()
    const { reference, descriptor } = await place.image('image', plainImage)
    const store = openLayout(place.path('image'))
    const bundle = { mediaType: mediaTypes.sigstoreBundle, digest: descriptor.digest, size: 3 }
    await pushArtifact(store, { subject: descriptor, layers: [bundle] })
    const result = await runCli(['download', 'bundle', reference])
    expect(result.code).toBe(1)
    expect(result.stdout).toBe('')
  })
})
