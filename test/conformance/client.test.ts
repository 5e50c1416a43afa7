import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { digestOf } from '@assay/registry'
import { corpus } from '@assay/test-support/corpora'
import { services, workspace, type ServedServices, type Workspace } from '@assay/test-support/workspace'
import { describe, expect, test } from 'vitest'

const client = resolve(import.meta.dirname, 'client')
const assets = corpus('sigstore-conformance')
const content = 'an artifact\n'
const statement = JSON.stringify({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'a.txt', digest: { sha256: digestOf(Buffer.from(content)).slice('sha256:'.length) } }],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: { of: 'nothing in particular' },
})
const identity = [
  '--certificate-identity',
  'release@acme.test',
  '--certificate-oidc-issuer',
  'https://id.acme.test',
]

/** As the suite starts it: from a folder of its own, the options before the one argument. */
async function run(cwd: string, args: readonly string[]): Promise<string> {
  try {
    await promisify(execFile)(client, args, { cwd })
    return 'ok'
  } catch (error) {
    return String(Object(error)['stderr'])
  }
}

async function sign(
  place: Workspace,
  sigstore: ServedServices,
  options: readonly string[] = [],
): Promise<Readonly<Record<string, unknown>>> {
  const bundle = ['--bundle', 'a.txt.sigstore.json']
  const file = options.includes('--in-toto') ? 'statement.json' : 'a.txt'
  const args = ['sign-bundle', ...options, '--identity-token', sigstore.token, ...bundle]
  await place.write('a.txt', content)
  await place.write('statement.json', statement)
  const config = ['--trusted-root', 'trusted_root.json', '--signing-config', 'signing_config.json']
  expect(await run(place.directory, [...args, ...config, file])).toBe('ok')
  return JSON.parse(await place.read('a.txt.sigstore.json'))
}

async function verify(place: Workspace, artifact: string, signer = identity): Promise<string> {
  const bundle = ['--bundle', 'a.txt.sigstore.json']
  const root = ['--trusted-root', 'trusted_root.json']
  return await run(place.directory, ['verify-bundle', ...bundle, ...signer, ...root, artifact])
}

describe('the client of the conformance suite', () => {
  test('signs a file, without a root certificate, and verifies it by path and by digest', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const bundle = await sign(place, sigstore)
    expect(bundle).toHaveProperty('messageSignature')
    expect(bundle).not.toHaveProperty('dsseEnvelope')
    const { rawBytes } = Object(bundle['verificationMaterial']).certificate
    expect(new X509Certificate(Buffer.from(String(rawBytes), 'base64')).ca).toBe(false)
    expect(await verify(place, 'a.txt')).toBe('ok')
    expect(await verify(place, digestOf(Buffer.from(content)))).toBe('ok')
    expect(await verify(place, digestOf(Buffer.from('another')))).toContain('SUBJECT_MISMATCH')
    const somebody = ['--certificate-identity', 'somebody@else.test', ...identity.slice(2)]
    expect(await verify(place, 'a.txt', somebody)).toContain('IDENTITY_MISMATCH')
  })

  test('signs a statement byte for byte', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const bundle = await sign(place, sigstore, ['--in-toto'])
    expect(bundle).not.toHaveProperty('messageSignature')
    const { payload } = Object(bundle['dsseEnvelope'])
    expect(Buffer.from(String(payload), 'base64').toString()).toBe(statement)
    expect(await verify(place, 'a.txt')).toBe('ok')
  })

  test('signs with a log of Rekor v2', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const config = JSON.parse(await place.read('signing_config.json'))
    config.rekorTlogUrls[0].majorApiVersion = 2
    await place.write('signing_config.json', JSON.stringify(config))
    const bundle = await sign(place, sigstore)
    const { kindVersion } = Object(bundle['verificationMaterial']).tlogEntries[0]
    expect(kindVersion).toEqual({ kind: 'hashedrekord', version: '0.0.2' })
    expect(await verify(place, 'a.txt')).toBe('ok')
  })

  test('refuses a protocol that it does not know', async () => {
    for (const args of [['sign-bundle', 'a.txt'], ['--new']])
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await run('/', args)).toContain('USAGE')
  })

  test.skipIf(assets === undefined).each([
    ['happy-path-v0.3', 'ok'],
    ['managed-key-happy-path', 'ok'],
    ['wrong-material_fail', 'SUBJECT_MISMATCH'],
  ])('a case of the suite, %s, by path and by digest', async (name, outcome) => {
    const folder = join(assets ?? '', name)
    const own = (file: string): readonly string[] => (existsSync(join(folder, file)) ? [file] : [])
    const [artifact = join('..', 'a.txt')] = own('artifact')
    const signer = own('key.pub').length > 0 ? ['--key', 'key.pub'] : beacon
    const root = own('trusted_root.json').flatMap((file) => ['--trusted-root', file])
    const args = ['verify-bundle', '--bundle', 'bundle.sigstore.json', ...signer, ...root]
    for (const input of [artifact, digestOf(readFileSync(join(folder, artifact)))])
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await run(folder, [...args, input])).toContain(outcome)
  })
})

/** The identity of the suite's own bundles. */
const beacon = [
  '--certificate-identity',
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main',
  '--certificate-oidc-issuer',
  'https://token.actions.githubusercontent.com',
]
