import { parseBundle, parsePublicKey, parseTrustRoot, verifyBundle, type Proof } from '@assay/core'
import { digestOf, type Digest } from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { password, services, workspace, type Workspace } from '../support/workspace.ts'

async function proofIn(
  place: Workspace,
  about: { readonly bundle: string; readonly subject: Digest; readonly artifact?: Uint8Array },
): Promise<Proof> {
  const { subject, artifact } = about
  return verifyBundle(parseBundle(Buffer.from(await place.read(about.bundle))), {
    keys: [parsePublicKey(await place.read('release.pub'))],
    trust: parseTrustRoot(Buffer.from(await place.read('trusted_root.json'))),
    subject,
    ...(artifact !== undefined && { artifact }),
    source: { kind: 'file', format: 'bundle' },
    now: new Date(Date.now() + 1000),
    transparencyLog: 'require',
    sct: 'require',
  })
}

const content = Buffer.from('the bytes of a release\n')

describe('assay sign-blob', () => {
  for (const algorithm of ['ecdsa-p256', 'ecdsa-p384', 'rsa-2048', 'ed25519']) {
    for (const version of [1, 2]) {
      it(`signs a file with a key of ${algorithm} and Rekor v${version}`, async () => {
        await using place = await workspace()
        await using sigstore = await services(place)
        const config = JSON.parse(await place.read('signing_config.json'))
        config.rekorTlogUrls[0].majorApiVersion = version
        await place.write('signing_config.json', JSON.stringify(config))
        const pair = ['generate-key-pair', '--algorithm', algorithm, '--output-key-prefix']
        expect(await runCli([...pair, place.path('release')], { env: password })).toMatchObject({ code: 0 })
        const file = await place.write('app.tar', content)
        const sign = ['sign-blob', '--key', place.path('release.key'), '--bundle', place.path('out.json')]
        const signed = await runCli([...sign, ...sigstore.sign, file], { env: password })
        expect(signed).toMatchObject({ code: 0, stderr: '' })
        const proof = await proofIn(place, {
          bundle: 'out.json',
          subject: digestOf(content),
          artifact: content,
        })
        expect(proof.content.kind).toBe('blob')
        expect(proof.logEntries).toHaveLength(1)
      })
    }
  }

  it('signs stdin keyless, and says so in JSON', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const sign = ['sign-blob', '--identity-token', sigstore.token, '--bundle', place.path('out.json')]
    const signed = await runCli([...sign, '-o', 'json', ...sigstore.sign, '-'], { stdin: content.toString() })
    expect(signed).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(signed.stdout)).toMatchObject({
      schema: 'assay.signed-blob/v1',
      ok: true,
      subject: digestOf(content),
      signature: { signer: { kind: 'certificate' } },
    })
  })

  it('a service that lies leaves no bundle', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    sigstore.sigstore.tell('another-entry')
    const file = await place.write('app.tar', content)
    const sign = ['sign-blob', '--identity-token', sigstore.token, '--bundle', place.path('out.json')]
    expect((await runCli([...sign, ...sigstore.sign, file])).code).toBe(1)
    await expect(place.read('out.json')).rejects.toThrow('ENOENT')
  })

  it('says that --bundle is missing before anything is signed', async () => {
    const signed = await runCli(['sign-blob', '--key', 'none.key', 'app.tar'])
    expect(signed.code).toBe(2)
    expect(signed.stderr).toContain('--bundle')
  })
})

describe('assay attest-blob', () => {
  it('attests a file, and something of which only the digest is known', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    await place.keys()
    const file = await place.write('app.tar', content)
    const predicate = await place.write('review.json', '{"approved":true}')
    const attest = [
      'attest-blob',
      '--key',
      place.path('release.key'),
      '--type',
      'https://acme.test/review/v1',
    ]
    for (const name of [file, digestOf(content)]) {
      const line = [...attest, '--predicate', predicate, '--bundle', place.path('out.json')]
      const attested = await runCli([...line, ...sigstore.sign, name], { env: password })
      expect(attested).toMatchObject({ code: 0, stderr: '' })
      const proof = await proofIn(place, { bundle: 'out.json', subject: digestOf(content) })
      expect(proof.content).toMatchObject({
        kind: 'statement',
        statement: { predicateType: 'https://acme.test/review/v1' },
      })
    }
  })
})
