import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { credentialFiles, dockerKeychain } from './docker-config.ts'
import type { Credential } from './credential.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'assay-config-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

const me = { kind: 'basic', username: 'me', password: 'pa:ss' }
const auth = Buffer.from('me:pa:ss').toString('base64')

async function ask(
  config: unknown,
  host: string,
  environment: Record<string, string> = {},
): Promise<Credential | undefined> {
  const path = join(directory, 'config.json')
  await writeFile(path, typeof config === 'string' ? config : JSON.stringify(config))
  return await dockerKeychain([path], environment)(host)
}

/** A helper that says what it was asked for and answers with it. */
async function helper(name: string, script: string): Promise<Record<string, string>> {
  const path = join(directory, `docker-credential-${name}`)
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return { PATH: `${directory}:/usr/bin:/bin` }
}

describe('auths', () => {
  test.each([
    ['the base64 form', { auth }, me],
    ['user and password apart', { username: 'me', password: 'pa:ss' }, me],
    ['a refresh token', { auth, identitytoken: 'r' }, { kind: 'refresh', token: 'r' }],
    ['a bearer token', { registrytoken: 'b' }, { kind: 'bearer', token: 'b' }],
    ['an empty entry', {}, undefined],
  ])('%s', async (_name, entry, expected) => {
    expect(await ask({ auths: { 'registry.corp.com': entry } }, 'registry.corp.com')).toEqual(expected)
  })

  test.each(['docker.io', 'index.docker.io', 'https://index.docker.io/v1/', 'registry-1.docker.io'])(
    'Docker Hub is found under %s',
    async (key) => {
      expect(await ask({ auths: { [key]: { auth } } }, 'docker.io')).toEqual(me)
    },
  )

  test.each(['https://registry.corp.com', 'https://registry.corp.com/v2/', 'REGISTRY.corp.com'])(
    'a host is found under %s',
    async (key) => {
      expect(await ask({ auths: { [key]: { auth } } }, 'registry.corp.com')).toEqual(me)
    },
  )

  test.each([
    'corp.com',
    'registry.corp.com.evil.tld',
    'registry.corp.co',
    'registry.corp.com:8443',
    'xregistry.corp.com',
    'docker.io',
  ])('B-34 %s gets nothing of registry.corp.com', async (host) => {
    expect(await ask({ auths: { 'registry.corp.com': { auth } } }, host)).toBeUndefined()
  })

  test('B-34 a key with a path or a port is another place', async () => {
    expect(
      await ask({ auths: { 'corp.com/team': { auth }, 'corp.com:8443': { auth } } }, 'corp.com'),
    ).toBeUndefined()
  })
})

describe('helpers', () => {
  const echo = 'read server; printf \'{"ServerURL":"%s","Username":"me","Secret":"%s"}\' "$server" "$server"'

  test('the one of the host is asked for the key as it is written', async () => {
    const environment = await helper('test', echo)
    expect(
      await ask({ credHelpers: { 'registry.corp.com': 'test' } }, 'registry.corp.com', environment),
    ).toEqual({
      kind: 'basic',
      username: 'me',
      password: 'registry.corp.com',
    })
  })

  test('the store is asked for Docker Hub by its old address', async () => {
    const environment = await helper('test', echo)
    expect(await ask({ credsStore: 'test' }, 'docker.io', environment)).toMatchObject({
      password: 'https://index.docker.io/v1/',
    })
  })

  test('a token is a refresh token', async () => {
    const environment = await helper('test', 'printf \'{"Username":"<token>","Secret":"r"}\'')
    expect(await ask({ credsStore: 'test' }, 'a.b', environment)).toEqual({ kind: 'refresh', token: 'r' })
  })

  test('B-35 a helper that knows nothing ends the search', async () => {
    const environment = await helper('test', 'echo "credentials not found in native keychain"; exit 1')
    const config = { credHelpers: { 'a.b': 'test' }, auths: { 'a.b': { auth } } }
    expect(await ask(config, 'a.b', environment)).toBeUndefined()
  })

  test('B-35 is not run for a host that merely looks like its own', async () => {
    const environment = await helper('test', `touch ${join(directory, 'ran')}; ${echo}`)
    expect(await ask({ credHelpers: { 'a.b': 'test' } }, 'a.b.evil.test', environment)).toBeUndefined()
    await expect(writeFile(join(directory, 'ran'), '', { flag: 'wx' })).resolves.toBeUndefined()
  })

  test.each([
    ['is missing', 'absent', ''],
    ['fails', 'test', 'echo secret; exit 1'],
    ['answers with nonsense', 'test', 'echo secret'],
    ['answers without a secret', 'test', 'echo "{}"'],
    ['answers without end', 'test', 'yes'],
    ['has a path for a name', '../test', ''],
  ])('one that %s is an error that says no secret', async (_name, name, script) => {
    const environment = await helper('test', script)
    const error = await ask({ credsStore: name }, 'a.b', environment).then(
      () => undefined,
      (failure: unknown) => failure,
    )
    expect(error).toMatchObject({ code: 'INVALID_CREDENTIALS' })
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error ?? {}))).not.toContain('secret')
  })
})

describe('files', () => {
  test('that are not there are passed over, in order', async () => {
    const path = join(directory, 'auth.json')
    await writeFile(path, JSON.stringify({ auths: { 'a.b': { auth } } }))
    expect(await dockerKeychain([join(directory, 'absent', 'config.json'), path], {})('a.b')).toEqual(me)
  })

  test.each(['{', '[]', '{"auths":{"a.b":{"auth":"bm9jb2xvbg=="}}}', ' '.repeat(2 * 1024 * 1024)])(
    'that are damaged are an error: %.20j',
    async (text) => {
      await expect(ask(text, 'a.b')).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' })
    },
  )

  test('are looked for where Docker and podman keep them', () => {
    expect(credentialFiles({ HOME: '/h', DOCKER_CONFIG: '/d', XDG_RUNTIME_DIR: '/r' })).toEqual([
      '/d/config.json',
      '/r/containers/auth.json',
      '/h/.config/containers/auth.json',
    ])
    expect(credentialFiles({ HOME: '/h', REGISTRY_AUTH_FILE: '/x.json' })[0]).toBe('/x.json')
  })
})
