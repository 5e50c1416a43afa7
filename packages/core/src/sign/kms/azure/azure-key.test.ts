import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { azureStandIn, azureTokens } from '@assay/test-support/key-services/azure'
import { pemOf } from '@assay/test-support/key-services/kept'
import { standInAccess, testKey } from '@assay/test-support/key-services/scenes'
import type { Hosts } from '@assay/test-support/key-services/stand-in'
import { publicKeyPem } from '../../keys/private-key.ts'
import { openSigningKey } from '../../keys/signing-key.ts'
import { createKeptKey } from '../create-kept-key.ts'

const message = Buffer.from('message')
const older = { key: testKey('P-256') }

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

describe('Azure Key Vault', () => {
  const host = 'acme.vault.azure.net'
  const app = {
    tenant: 'tenant-1',
    client: 'client-1',
    secret: 'federated',
    token: 't',
    scope: 'https://vault.azure.net/.default',
  }
  const hosts = (kept: { readonly key: typeof older.key; readonly kty?: string } = older): Hosts => ({
    [host]: azureStandIn({ host, token: 't', keys: new Map([['release', kept]]) }),
    'login.microsoftonline.com': azureTokens(app),
    '169.254.169.254': ({ url, headers }) =>
      headers['metadata'] === 'true' && url.searchParams.get('resource') === 'https://vault.azure.net'
        ? { status: 200, body: { access_token: 't' } }
        : { status: 400, body: {} },
    '127.0.0.1:2': ({ url, headers }) =>
      headers['x-identity-header'] === 'app' && url.searchParams.get('client_id') === 'c'
        ? { status: 200, body: { access_token: 't' } }
        : { status: 400, body: {} },
  })

  it('is opened by the identity of the machine, of an app, of a workload, or by `az`', async () => {
    const home = await folder({
      token: 'federated',
      'azureProfile.json': '{}',
      az: '#!/bin/sh\n[ "$6" = https://vault.azure.net ] && echo \'{"accessToken":"t"}\'\n',
    })
    await chmod(join(home, 'az'), 0o755)
    const ways: readonly Readonly<Record<string, string>>[] = [
      {},
      { IDENTITY_ENDPOINT: 'http://127.0.0.1:2/msi/token', IDENTITY_HEADER: 'app', AZURE_CLIENT_ID: 'c' },
      {
        AZURE_TENANT_ID: 'tenant-1',
        AZURE_CLIENT_ID: 'client-1',
        AZURE_FEDERATED_TOKEN_FILE: join(home, 'token'),
      },
      { AZURE_CONFIG_DIR: home, PATH: `${home}:/usr/bin:/bin` },
    ]
    for (const env of ways) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await signed(`azurekms://${host}/release`, env, hosts())).toBe(pemOf(older.key))
    }
  })

  it('reads keys in hardware, and the version that is named', async () => {
    expect(await signed(`azurekms://${host}/release/v1`, {}, hosts({ ...older, kty: 'EC-HSM' }))).toBe(
      pemOf(older.key),
    )
    await expect(signed(`azurekms://${host}/release/v2`, {}, hosts())).rejects.toMatchObject({
      code: 'SERVICE_REFUSED',
    })
  })

  it('gives its token to the vaults of Azure and to nobody else', async () => {
    for (const other of [
      'vault.acme.test',
      'acme.vault.azure.net.acme.test',
      '127.0.0.1:2',
      'vault.azure.net',
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await expect(signed(`azurekms://${other}/release`, {}, hosts())).rejects.toMatchObject({
        code: 'UNSUPPORTED_KEY',
      })
    }
  })

  it('does not take the key of another vault', async () => {
    const lying = azureStandIn({
      host: 'other.vault.azure.net',
      token: 't',
      keys: new Map([['release', older]]),
    })
    const opened = signed(`azurekms://${host}/release`, {}, { ...hosts(), [host]: lying })
    await expect(opened).rejects.toMatchObject({
      code: 'SERVICE_MISBEHAVED',
      got: 'an answer about another key',
    })
  })

  it('makes a key, and leaves one alone that is there', async () => {
    const fresh = testKey('P-521')
    const made = azureStandIn({
      host,
      token: 't',
      keys: new Map(),
      newKey: ({ crv }) => (crv === 'P-521' ? fresh : older.key),
    })
    const access = standInAccess({}, { ...hosts(), [host]: made })
    expect(publicKeyPem(await createKeptKey(`azurekms://${host}/fresh`, 'ecdsa-p521', access))).toBe(
      pemOf(fresh),
    )
    await expect(createKeptKey(`azurekms://${host}/fresh`, 'ecdsa-p521', access)).rejects.toMatchObject({
      code: 'KEY_FILE_EXISTS',
    })
  })
})
