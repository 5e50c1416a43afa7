import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { pemOf } from '@assay/test-support/key-services/kept'
import { standInAccess, testKey } from '@assay/test-support/key-services/scenes'
import type { Hosts } from '@assay/test-support/key-services/stand-in'
import { vaultStandIn } from '@assay/test-support/key-services/vault'
import { publicKeyPem } from '../../keys/private-key.ts'
import { openSigningKey } from '../../keys/signing-key.ts'
import { createKeptKey } from '../create-kept-key.ts'

const message = Buffer.from('message')
const [older, newer] = [{ key: testKey('P-256') }, { key: testKey('P-256') }]

async function signed(
  reference: string,
  env: Readonly<Record<string, string>>,
  hosts: Hosts,
): Promise<string> {
  const { sign } = await openSigningKey(reference, standInAccess(env, hosts))
  return publicKeyPem((await sign(message)).publicKey)
}

async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'versions-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(directory, name), text)))
  return directory
}

describe('Vault', () => {
  const env = { VAULT_ADDR: 'https://vault.acme.test', VAULT_TOKEN: 't' }
  const keys = new Map([['release', [older, newer]]])
  const hosts = { 'vault.acme.test': vaultStandIn({ token: 't', keys }) }

  it('signs with the latest version, or with the one that is named', async () => {
    expect(await signed('hashivault://release', env, hosts)).toBe(pemOf(newer.key))
    expect(await signed('hashivault://release?version=1', env, hosts)).toBe(pemOf(older.key))
    await expect(signed('hashivault://release?version=3', env, hosts)).rejects.toMatchObject({
      code: 'SERVICE_MISBEHAVED',
    })
  })

  it('signs with the version that was read, also where the key is rotated in between', async () => {
    const rotating = new Map([['release', [older]]])
    const access = standInAccess(env, { 'vault.acme.test': vaultStandIn({ token: 't', keys: rotating }) })
    const { sign } = await openSigningKey('hashivault://release', access)
    rotating.set('release', [older, newer])
    expect(publicKeyPem((await sign(message)).publicKey)).toBe(pemOf(older.key))
  })

  it('takes the variables and the scheme of OpenBao, and the token of a login', async () => {
    const home = await folder({ '.vault-token': 't\n' })
    expect(
      await signed('openbao://release', { BAO_ADDR: 'https://vault.acme.test', HOME: home }, hosts),
    ).toBe(pemOf(newer.key))
  })

  it.each<[string, Readonly<Record<string, string>>]>([
    ['no address', { VAULT_TOKEN: 't' }],
    ['no token', { VAULT_ADDR: 'https://vault.acme.test' }],
    ['http to another machine', { VAULT_ADDR: 'http://vault.acme.test', VAULT_TOKEN: 't' }],
    ['a token of two lines', { VAULT_ADDR: 'https://vault.acme.test', VAULT_TOKEN: 'a\nb' }],
    ['an engine elsewhere', { ...env, TRANSIT_SECRET_ENGINE_PATH: '../sys' }],
  ])('explains %s', async (_what, wrong) => {
    await expect(signed('hashivault://release', wrong, hosts)).rejects.toMatchObject({
      code: 'NO_KEY_ACCESS',
    })
  })

  it.each(['', 'a/b', '../x', 'a?version=0', 'a?other=1'])('refuses hashivault://%s', async (name) => {
    await expect(signed(`hashivault://${name}`, env, hosts)).rejects.toMatchObject({
      code: 'UNSUPPORTED_KEY',
    })
  })

  it('makes a key, and leaves one alone that is there', async () => {
    const fresh = testKey('ed25519')
    const made = vaultStandIn({
      token: 't',
      keys: new Map(),
      newKey: (type) => (type === 'ed25519' ? fresh : older.key),
    })
    const access = standInAccess(env, { 'vault.acme.test': made })
    expect(publicKeyPem(await createKeptKey('hashivault://fresh', 'ed25519', access))).toBe(pemOf(fresh))
    await expect(createKeptKey('hashivault://fresh', 'ed25519', access)).rejects.toMatchObject({
      code: 'KEY_FILE_EXISTS',
    })
  })
})
