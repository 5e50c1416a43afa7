import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { RegistryError } from '@assay/registry'
import { gitlabStandIn } from '@assay/test-support/key-services/gitlab'
import { kubernetesStandIn } from '@assay/test-support/key-services/kubernetes'
import { standInAccess } from '@assay/test-support/key-services/scenes'
import type { Hosts } from '@assay/test-support/key-services/stand-in'
import { generateKeyPair, type KeyPairFiles } from './generate-key-pair.ts'
import type { KeyAccess, KeyWay } from './key-access.ts'
import { openSigningKey } from './signing-key.ts'
import { storeKeyPair } from './store-key-pair.ts'
import { openPublicKey } from './verification-key.ts'

const message = Buffer.from('message')
let pair: KeyPairFiles
beforeAll(async () => {
  pair = await generateKeyPair({ password: 'pässword', algorithm: 'ecdsa-p384' })
})

async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'pairs-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(directory, name), text)))
  return directory
}

/** Stores the pair, signs with it, and reads its public half again; gives the key id of each. */
async function roundTrip(place: string, access: KeyAccess): Promise<readonly string[]> {
  await storeKeyPair(place, { ...pair, password: 'pässword' }, access)
  const { sign } = await openSigningKey(place, access)
  return [(await sign(message)).publicKey.keyId, (await openPublicKey(place, access)).keyId]
}

const server = 'cluster.acme.test:6443'
const cluster = `{name: c, cluster: {server: 'https://${server}', certificate-authority-data: ${Buffer.from('the CA').toString('base64')}}}`
const config = (user: string, more = ''): string =>
  `apiVersion: v1\nkind: Config\ncurrent-context: x\nclusters: [${cluster}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\nusers: [{name: u, user: ${user}}]\n${more}`

async function kubernetes(
  text: string,
  options: {
    readonly env?: Readonly<Record<string, string>>
    readonly ways?: KeyWay[]
    readonly hosts?: Hosts
  } = {},
): Promise<KeyAccess> {
  const home = await folder({ config: text })
  const secrets = new Map([['release/empty', {}]])
  const hosts = options.hosts ?? { [server]: kubernetesStandIn({ token: 'canary-token', secrets }) }
  const env = { KUBECONFIG: join(home, 'config'), PATH: process.env['PATH'] ?? '', ...options.env }
  return standInAccess(env, hosts, options.ways === undefined ? {} : { ways: options.ways })
}

describe('a Secret of Kubernetes', () => {
  it('keeps a key pair, over a connection that trusts the CA of the cluster', async () => {
    const ways: KeyWay[] = []
    const access = await kubernetes(config('{token: canary-token}'), { ways })
    expect(await roundTrip('k8s://release/app', access)).toEqual([pair.keyId, pair.keyId])
    expect(ways.map(({ connection }) => connection?.ca)).toEqual([['the CA'], ['the CA'], ['the CA']])
  })

  it('is never overwritten', async () => {
    const access = await kubernetes(config('{token: canary-token}'))
    const stored = storeKeyPair('k8s://release/empty', { ...pair, password: '' }, access)
    await expect(stored).rejects.toMatchObject({ code: 'KEY_FILE_EXISTS', on: 'k8s://release/empty' })
  })

  it('is said to lack what it lacks', async () => {
    const access = await kubernetes(config('{token: canary-token}'))
    const opened = openSigningKey('k8s://release/empty', access)
    await expect(opened).rejects.toMatchObject({
      code: 'KEY_FILE_UNREADABLE',
      message: 'the Secret has no cosign.key',
    })
    await expect(openSigningKey('k8s://release/none', access)).rejects.toMatchObject({
      code: 'SERVICE_REFUSED',
    })
  })

  it('G-01: is refused without repeating the token', async () => {
    const access = await kubernetes(config('{token: canary-other}'))
    const error: unknown = await openSigningKey('k8s://release/app', access).catch(
      (reason: unknown) => reason,
    )
    expect(error).toMatchObject({ code: 'SERVICE_REFUSED', message: 'Kubernetes refused' })
    expect(inspect(error)).not.toContain('canary')
  })

  it('is opened with a token from a file, a client certificate, or a program', async () => {
    const program = `#!/bin/sh\n[ "$1" = get-token ] && [ "$KIND" = release ] && echo "$KUBERNETES_EXEC_INFO" | grep -q '"interactive":false' && [ -z "$COSIGN_PASSWORD" ] && echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"canary-token"}}'\n`
    const home = await folder({ program, token: 'canary-token\n', cert: 'CERT', key: 'KEY' })
    await chmod(join(home, 'program'), 0o755)
    const exec = `{exec: {apiVersion: client.authentication.k8s.io/v1, command: ${home}/program, args: [get-token], env: [{name: KIND, value: release}]}}`
    const env = { COSIGN_PASSWORD: 'canary' }
    for (const user of [exec, `{tokenFile: ${home}/token}`]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const access = await kubernetes(config(user), { env })
      // oxlint-disable-next-line no-await-in-loop -- as above
      expect(await roundTrip('k8s://release/app', access)).toEqual([pair.keyId, pair.keyId])
    }
    const ways: KeyWay[] = []
    const access = await kubernetes(
      config(`{client-certificate: ${home}/cert, client-key: ${home}/key, token: canary-token}`),
      { ways },
    )
    await roundTrip('k8s://release/app', access)
    expect(ways[0]?.connection?.clientCertificate).toEqual({ certificate: 'CERT', key: 'KEY' })
  })

  it.each<[string, string]>([
    ['no such context', config('{token: t}').replace('current-context: x', 'current-context: y')],
    ['no YAML', 'users: ['],
    ['an alias', `${config('{token: t}')}more: [&a 1, *a]\n`],
    [
      'a cluster whose certificate nobody looks at',
      config('{token: t}').replace('{server:', '{insecure-skip-tls-verify: true, server:'),
    ],
    ['http', config('{token: t}').replace('https://', 'http://')],
    ['a password', config('{username: a, password: b}')],
    ['a token of two lines', config('{token: "a\\nb"}')],
    [
      'a program that fails',
      config('{exec: {apiVersion: client.authentication.k8s.io/v1, command: "false"}}'),
    ],
    [
      'a program that is not there',
      config('{exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-program-here}}'),
    ],
    [
      'a program of another protocol',
      config('{exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: "true"}}'),
    ],
    ['nothing, outside of a pod', ''],
  ])('is not asked for with a configuration of %s', async (_what, text) => {
    const opened = openSigningKey('k8s://release/app', await kubernetes(text))
    await expect(opened).rejects.toMatchObject({
      code: 'NO_KEY_ACCESS',
      message: expect.stringContaining('Kubernetes'),
    })
  })

  it('is not taken for another one', async () => {
    const data = { 'cosign.pub': Buffer.from(pair.publicKeyPem).toString('base64') }
    const lying = {
      [server]: () => ({ status: 200, body: { metadata: { name: 'b', namespace: 'release' }, data } }),
    }
    const access = await kubernetes(config('{token: canary-token}'), { hosts: lying })
    await expect(openPublicKey('k8s://release/a', access)).rejects.toMatchObject({
      code: 'SERVICE_MISBEHAVED',
    })
  })

  it.each([
    'k8s://release',
    'k8s://release/a/b',
    'k8s://Release/a',
    'k8s://release/../a',
    'k8s://release/a%2f',
  ])('is not named by %s', async (name) => {
    await expect(openSigningKey(name, await kubernetes(''))).rejects.toMatchObject({
      code: 'UNSUPPORTED_KEY',
    })
  })
})

const gitlab = (owner: string, variables = new Map<string, string>()): Hosts => ({
  'gitlab.com': gitlabStandIn({ token: 'canary-token', owners: new Map([[owner, variables]]) }),
})

describe('variables of GitLab', () => {
  const env = { GITLAB_TOKEN: 'canary-token' }

  it('keep a key pair of a project, or of a group', async () => {
    for (const [owner, place] of [
      ['projects/acme/app', 'gitlab://acme/app'],
      ['groups/acme', 'gitlab://acme'],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await roundTrip(place, standInAccess(env, gitlab(owner)))).toEqual([pair.keyId, pair.keyId])
    }
  })

  it('are those of the server that GITLAB_HOST names, with or without its scheme', async () => {
    const hosts = {
      'git.acme.test': Object.values(gitlab('projects/7'))[0] ?? (() => ({ status: 500, body: '' })),
    }
    const stored = storeKeyPair(
      'gitlab://7',
      { ...pair, password: '' },
      standInAccess({ ...env, GITLAB_HOST: 'git.acme.test' }, hosts),
    )
    await expect(stored).resolves.toBeUndefined()
    const key = await openPublicKey(
      'gitlab://7',
      standInAccess({ ...env, GITLAB_HOST: 'https://git.acme.test' }, hosts),
    )
    expect(key.keyId).toBe(pair.keyId)
  })

  it('are never overwritten: nothing is written where one is there', async () => {
    const variables = new Map([['COSIGN_PUBLIC_KEY', 'precious']])
    const access = standInAccess(env, gitlab('projects/acme/app', variables))
    const stored = storeKeyPair('gitlab://acme/app', { ...pair, password: '' }, access)
    await expect(stored).rejects.toMatchObject({ code: 'KEY_FILE_EXISTS' })
    expect([...variables]).toEqual([['COSIGN_PUBLIC_KEY', 'precious']])
  })

  it('G-01: are explained where they are missing or refused, without repeating the token', async () => {
    const hosts = gitlab('projects/acme/app')
    const open = (name: string, given: Readonly<Record<string, string>>): Promise<unknown> =>
      openSigningKey(name, standInAccess(given, hosts)).catch((reason: unknown) => reason)
    expect(await open('gitlab://acme/app', env)).toMatchObject({ code: 'KEY_FILE_UNREADABLE' })
    expect(await open('gitlab://acme/other', env)).toMatchObject({ code: 'KEY_FILE_UNREADABLE' })
    expect(await open('gitlab://acme/app', {})).toMatchObject({ code: 'NO_KEY_ACCESS' })
    expect(await open('gitlab://../app', env)).toMatchObject({ code: 'UNSUPPORTED_KEY' })
    const refused = await open('gitlab://acme/app', { GITLAB_TOKEN: 'canary-other' })
    expect(refused).toMatchObject({ code: 'SERVICE_REFUSED' })
    expect(inspect(refused)).not.toContain('canary')
  })
})

const answer = (body: string | Uint8Array, status = 200): Hosts => ({
  'keys.acme.test': () => ({ status, body }),
})

describe('a public key from a web server', () => {
  it('verifies, and never signs', async () => {
    const ways: KeyWay[] = []
    const access = standInAccess({}, answer(pair.publicKeyPem), { ways })
    expect((await openPublicKey('https://keys.acme.test/release.pub?v=1', access)).keyId).toBe(pair.keyId)
    expect(ways).toEqual([{ redirects: true }])
    await expect(openSigningKey('https://keys.acme.test/release.key', access)).rejects.toMatchObject({
      code: 'UNSUPPORTED_KEY',
    })
  })

  it.each<[string, Hosts, string]>([
    ['is not found', answer('', 404), 'SERVICE_REFUSED'],
    ['is a page', answer('<html>'), 'MALFORMED_KEY'],
    ['has no end', answer(new Uint8Array(9 * 1024 * 1024)), 'SERVICE_MISBEHAVED'],
    [
      'cannot be reached',
      { 'keys.acme.test': () => Promise.reject(new RegistryError('UNREACHABLE', 'no')) },
      'SERVICE_UNREACHABLE',
    ],
  ])('is refused where it %s', async (_what, hosts, code) => {
    await expect(
      openPublicKey('https://keys.acme.test/a.pub', standInAccess({}, hosts)),
    ).rejects.toMatchObject({ code })
  })

  it.each(['http://keys.acme.test/a.pub', 'https://user:pass@keys.acme.test/a.pub', 'file:///etc/a.pub'])(
    'is not named by %s',
    async (name) => {
      const error: unknown = await openPublicKey(name, standInAccess({}, {})).catch(
        (reason: unknown) => reason,
      )
      expect(error).toMatchObject({ code: 'UNSUPPORTED_KEY' })
      expect(inspect(error)).not.toContain('pass@')
    },
  )
})

describe('a public key in a variable', () => {
  it('verifies', async () => {
    const key = await openPublicKey(
      'env://RELEASE_PUB',
      standInAccess({ RELEASE_PUB: pair.publicKeyPem }, {}),
    )
    expect(key.keyId).toBe(pair.keyId)
    await expect(openPublicKey('env://RELEASE_PUB', standInAccess({}, {}))).rejects.toMatchObject({
      code: 'KEY_FILE_UNREADABLE',
    })
  })
})
