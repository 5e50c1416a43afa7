import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { oldBundle, type BundleJson } from '../support/bundle-scene.ts'
import { runCli } from '../support/cli.ts'
import { complaintOf, interopScene, registries, type InteropScene } from '../support/interop-scene.ts'
import { cosigns, lacksInteropTools } from '../support/interop-tools.ts'
import { pemOf, pemOfKey } from '../support/sigstore/certificate.ts'

const [, v3] = cosigns[0] ?? []

describe.skipIf(lacksInteropTools)('bundles of files, keyless and of old', () => {
  let scene: InteropScene
  const whoIs = [
    '--certificate-identity',
    'release@sigstore.test',
    '--certificate-oidc-issuer',
    'https://accounts.sigstore.test',
  ]

  beforeAll(async () => {
    scene = await interopScene(registries[1]?.[1] ?? (() => Promise.reject(new Error('no registry'))))
    await writeFile(join(scene.home, 'app.tar'), 'the bytes of a release\n')
    const { rekorV1, fulcio } = scene.sigstore.services
    await writeFile(join(scene.home, 'rekor.pub'), pemOfKey(rekorV1.keys.publicKey))
    await writeFile(join(scene.home, 'ctlog.pub'), pemOfKey(fulcio.ctLog.publicKey))
    const { intermediate, root } = fulcio.authority
    await writeFile(join(scene.home, 'fulcio.pem'), [intermediate, root].map(pemOf).join(''))
  })
  afterAll(() => scene.close())

  const verifyOurs = (command: string, ...flags: readonly string[]) =>
    runCli([command, ...flags, '--trusted-root', 'root.json', '--offline', 'app.tar'], { cwd: scene.home })

  for (const rekor of ['v1', 'v2'] as const) {
    it(`we verify what v3 signs and attests keyless with Rekor ${rekor}`, async () => {
      const config = [
        '--signing-config',
        `config-${rekor}.json`,
        '--trusted-root',
        'root.json',
        '--identity-token',
        'token',
        '-y',
      ]
      const signed = await scene.run(v3, 'sign-blob', ...config, '--bundle', 'theirs.json', 'app.tar')
      expect(complaintOf(signed)).toBe('')
      expect(await verifyOurs('verify-blob', ...whoIs, '--bundle', 'theirs.json')).toMatchObject({ code: 0 })
      const claim = ['--type', 'cyclonedx', '--predicate', 'bom.json', '--bundle', 'theirs.att.json']
      expect(complaintOf(await scene.run(v3, 'attest-blob', ...config, ...claim, 'app.tar'))).toBe('')
      const flags = ['--type', 'cyclonedx', ...whoIs, '--bundle', 'theirs.att.json']
      expect(await verifyOurs('verify-blob-attestation', ...flags)).toMatchObject({ code: 0 })
    })
  }

  it('v2 writes a bundle of old, keyless: we bring it to v0.3, and v3 verifies it', async () => {
    const [, v2] = cosigns[1] ?? []
    const env = {
      SIGSTORE_REKOR_PUBLIC_KEY: 'rekor.pub',
      SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: 'ctlog.pub',
      SIGSTORE_ROOT_FILE: 'fulcio.pem',
    }
    const { url } = scene.served
    const places = ['--fulcio-url', url, '--rekor-url', url, '--identity-token', 'token', '-y']
    const signed = await scene.runWith(env, v2, 'sign-blob', ...places, '--bundle', 'old.json', 'app.tar')
    expect(complaintOf(signed)).toBe('')
    const upgraded = await runCli(
      ['bundle', 'upgrade', '--rekor-url', url, '--out', 'new.json', 'old.json'],
      { cwd: scene.home },
    )
    expect(upgraded).toMatchObject({ code: 0, stderr: '' })
    expect(await verifyOurs('verify-blob', ...whoIs, '--bundle', 'new.json')).toMatchObject({ code: 0 })
    const verify = ['verify-blob', ...whoIs, '--trusted-root', 'root.json', '--bundle', 'new.json', 'app.tar']
    expect(complaintOf(await scene.run(v3, ...verify))).toBe('')
  })

  it('we verify the bundle that v3 creates of a bundle of old', async () => {
    const { url } = scene.served
    const token = [
      '--identity-token',
      'token',
      '--signing-config',
      'config-v1.json',
      '--trusted-root',
      'root.json',
    ]
    const signed = await runCli(['sign-blob', ...token, '--bundle', 'ours.json', 'app.tar'], {
      cwd: scene.home,
    })
    expect(signed).toMatchObject({ code: 0 })
    const made: BundleJson = JSON.parse(await readFile(join(scene.home, 'ours.json'), 'utf8'))
    await writeFile(join(scene.home, 'old-ours.json'), JSON.stringify(oldBundle(made)))
    const parts = [
      '--artifact',
      'app.tar',
      '--bundle',
      'old-ours.json',
      '--rekor-url',
      url,
      '--out',
      'theirs.json',
    ]
    const env = { SIGSTORE_REKOR_PUBLIC_KEY: 'rekor.pub' }
    expect(complaintOf(await scene.runWith(env, v3, 'bundle', 'create', ...parts))).toBe('')
    expect(await verifyOurs('verify-blob', ...whoIs, '--bundle', 'theirs.json')).toMatchObject({ code: 0 })
  })
})
