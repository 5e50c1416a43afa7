import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli, type CliRun } from '../support/cli.ts'
import { runCosign } from '../support/cosign.ts'
import { cosigns } from '../support/interop-tools.ts'
import { realSigstore, rekorOrigin, missingServices, type RealSigstore } from '../support/real-sigstore.ts'
import { plainImage, workspace, type Workspace } from '../support/workspace.ts'

const since = '2025-01-01T00:00:00Z'
const [, v3] = cosigns[0] ?? []

if (missingServices.length > 0)
  throw new Error(`run .ci/install-interop-tools services-tools.txt: no ${missingServices.join(', ')}`)

function indexIn(bundle: string): string | undefined {
  const document: {
    readonly verificationMaterial: { readonly tlogEntries: readonly { readonly logIndex?: string }[] }
  } = JSON.parse(bundle)
  return document.verificationMaterial.tlogEntries[0]?.logIndex
}

// Fulcio, Rekor and a timestamp authority of Sigstore's own, built from source and run on loopback.
describe('a Sigstore of real services', () => {
  let sigstore: RealSigstore
  let place: Workspace

  const run = (...args: readonly string[]): Promise<CliRun> =>
    runCli(args, { cwd: place.directory, env: { COSIGN_PASSWORD: 'secret', HOME: place.directory } })
  const made = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await run(...args)
    if (code !== 0) throw new Error(stderr)
  }
  const flags = ['--signing-config', 'config.json', '--trusted-root', 'root.json']
  const who = (): readonly string[] => [
    '--certificate-identity',
    'release@acme.test',
    '--certificate-oidc-issuer',
    sigstore.urls.issuer,
    '--trusted-root',
    'root.json',
    '--offline',
  ]

  beforeAll(async () => {
    place = await workspace()
    sigstore = await realSigstore()
    const { fulcio, rekor, tsa, issuer } = sigstore.urls
    for (const name of ['fulcio.pem', 'tsa.pem', 'rekor.pub', 'ctfe.pub'])
      await copyFile(join(sigstore.directory, name), place.path(name))
    await writeFile(place.path('app.tar'), 'the bytes of a release')
    await writeFile(place.path('sbom.json'), '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}')
    const log = `start-time=${since}`
    const roots = [
      ['--fulcio', `url=${fulcio},certificate-chain=fulcio.pem,start-time=${since}`],
      ['--tsa', `url=${tsa},certificate-chain=tsa.pem,start-time=${since}`],
      ['--rekor', `url=http://${rekorOrigin},public-key=rekor.pub,${log},origin=${rekorOrigin}`],
      ['--ctfe', `url=https://ct.test,public-key=ctfe.pub,${log}`],
    ].flat()
    await made('trusted-root', 'create', ...roots, '--out', 'root.json')
    const own = `${log},operator=acme.test`
    const services = [
      ['--fulcio', `url=${fulcio},api-version=1,${own}`],
      ['--rekor', `url=${rekor},api-version=2,${own}`],
      ['--tsa', `url=${tsa},api-version=1,${own}`],
      ['--oidc-provider', `url=${issuer},api-version=1,${own}`],
    ].flat()
    await made('signing-config', 'create', ...services, '--out', 'config.json')
  }, 120_000)

  afterAll(async () => {
    await sigstore[Symbol.asyncDispose]()
    await place[Symbol.asyncDispose]()
  })

  it('signs and attests an image keyless, and what is there verifies', async () => {
    const { reference } = await place.image('image', plainImage)
    const token = ['--identity-token', sigstore.token()]
    expect(await run('sign', ...flags, ...token, reference)).toMatchObject({ code: 0, stderr: '' })
    const claim = ['--type', 'cyclonedx', '--predicate', 'sbom.json']
    expect(await run('attest', ...flags, ...token, ...claim, reference)).toMatchObject({
      code: 0,
      stderr: '',
    })
    expect(await run('verify', ...who(), reference)).toMatchObject({ code: 0 })
    expect(await run('verify-attestation', '--type', 'cyclonedx', ...who(), reference)).toMatchObject({
      code: 0,
    })
  })

  it('signs with somebody who signed in on another device, and as a program', async () => {
    const { reference } = await place.image('signed-in', plainImage)
    expect(await run('sign', ...flags, '--fulcio-auth-flow', 'device', reference)).toMatchObject({ code: 0 })
    await writeFile(place.path('secret'), 'client-canary')
    const program = [
      '--fulcio-auth-flow',
      'client_credentials',
      '--oidc-client-id',
      'robot',
      '--oidc-client-secret-file',
      'secret',
    ]
    expect(await run('sign', ...flags, ...program, reference)).toMatchObject({ code: 0, stderr: '' })
    expect(await run('verify', ...who(), reference)).toMatchObject({ code: 0 })
  })

  for (const algorithm of ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa-2048', 'rsa-4096', 'ed25519']) {
    it(`signs with a key of ${algorithm}, twice`, async () => {
      await run('keys', 'generate', '--algorithm', algorithm, '--output-key-prefix', algorithm)
      for (const file of ['first.json', 'second.json']) {
        const signed = await run(
          'sign-blob',
          ...flags,
          '--key',
          `${algorithm}.key`,
          '--bundle',
          file,
          'app.tar',
        )
        expect(signed).toMatchObject({ code: 0, stderr: '' })
        const key = ['--key', `${algorithm}.pub`, '--trusted-root', 'root.json', '--offline']
        expect(await run('verify-blob', ...key, '--bundle', file, 'app.tar')).toMatchObject({ code: 0 })
      }
      const [first, second] = [await place.read('first.json'), await place.read('second.json')].map(indexIn)
      // Signatures of RSA and Ed25519 are always alike: the log has one entry for both.
      expect(first === second).toBe(!algorithm.startsWith('ecdsa'))
    })
  }

  it('a token that its issuer did not sign is refused by name', async () => {
    const { reference } = await place.image('refused', plainImage)
    const forged = `${sigstore.token().split('.').slice(0, 2).join('.')}.${'A'.repeat(86)}`
    const refused = await run('sign', ...flags, '--identity-token', forged, reference)
    expect(refused).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('Fulcio refused') })
    expect(refused.stderr).not.toContain(forged)
  })

  it.skipIf(v3 === undefined)('what assay signs cosign verifies, and the other way round', async () => {
    const home = place.directory
    const signed = await run(
      'sign-blob',
      ...flags,
      '--identity-token',
      sigstore.token(),
      '--bundle',
      'ours.json',
      'app.tar',
    )
    expect(signed).toMatchObject({ code: 0, stderr: '' })
    const identity = [
      '--certificate-identity',
      'release@acme.test',
      '--certificate-oidc-issuer',
      sigstore.urls.issuer,
    ]
    const check = [
      'verify-blob',
      ...identity,
      '--trusted-root',
      'root.json',
      '--bundle',
      'ours.json',
      'app.tar',
    ]
    const verified = await runCosign(v3 ?? '', check, { home })
    expect(verified.status === 0 ? '' : verified.output).toBe('')
    await writeFile(place.path('token'), sigstore.token())
    const theirs = [
      'sign-blob',
      '-y',
      '--identity-token',
      'token',
      '--signing-config',
      'config.json',
      '--trusted-root',
      'root.json',
      '--bundle',
      'theirs.json',
      'app.tar',
    ]
    const theirsMade = await runCosign(v3 ?? '', theirs, { home })
    expect(theirsMade.status === 0 ? '' : theirsMade.output).toBe('')
    expect(await run('verify-blob', ...who(), '--bundle', 'theirs.json', 'app.tar')).toMatchObject({
      code: 0,
    })
  })
})
