import { join } from 'node:path'
import type { KeyAccess, KeyWay } from '../../keys/key-access.ts'
import { firstSet } from '../first-set.ts'
import { addressOf, noKeyAccess, type KeyService } from '../key-service.ts'
import { smallFile } from '../small-file.ts'

/** A Vault or OpenBao with its transit engine, and what opens it. */
export interface VaultAccess extends KeyService {
  /** Where the transit engine is mounted. */
  readonly mount: string
  readonly headers: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
}

/**
 * The Vault of the environment, in the variables of `vault` and `bao`; Vault's come first, as in cosign.
 * @throws SigningError NO_KEY_ACCESS
 */
export async function vaultAccess(
  access: KeyAccess,
  options: Pick<KeyWay, 'once'> = {},
): Promise<VaultAccess> {
  const { env } = access
  const address = firstSet(env, 'VAULT_ADDR', 'BAO_ADDR')
  if (address === undefined) throw noKeyAccess('Vault', 'its address is not set', 'set VAULT_ADDR')
  const mount = firstSet(env, 'TRANSIT_SECRET_ENGINE_PATH') ?? 'transit'
  if (!/^[\w-]+(?:\/[\w-]+)*$/.test(mount))
    throw noKeyAccess('Vault', 'TRANSIT_SECRET_ENGINE_PATH is not the path of an engine')
  const token = await tokenOf(env)
  const namespace = firstSet(env, 'VAULT_NAMESPACE', 'BAO_NAMESPACE')
  return {
    service: { name: 'Vault', url: addressOf('Vault', 'VAULT_ADDR', address) },
    transport: access.connect({ ...options, connection: await connectionOf(env) }),
    mount,
    headers: {
      'x-vault-request': 'true',
      'x-vault-token': token,
      ...(namespace !== undefined && { 'x-vault-namespace': namespace }),
    },
    secrets: [token],
  }
}

async function tokenOf(env: KeyAccess['env']): Promise<string> {
  const given = firstSet(env, 'VAULT_TOKEN', 'BAO_TOKEN')
  const token = (given ?? (await smallFile(join(env['HOME'] ?? '/', '.vault-token'))) ?? '').trim()
  // Anything else would not be one header.
  if (/^[\x21-\x7e]{1,8192}$/.test(token)) return token
  throw noKeyAccess('Vault', 'there is no token', 'set VAULT_TOKEN, or log in with `vault login`')
}

async function connectionOf(env: KeyAccess['env']): Promise<NonNullable<KeyWay['connection']>> {
  const read = async (...names: readonly string[]): Promise<string | undefined> => {
    const path = firstSet(env, ...names)
    if (path === undefined) return undefined
    const text = await smallFile(path)
    if (text === undefined) throw noKeyAccess('Vault', `the file of ${names[0]} is not there`)
    return text
  }
  const [ca, certificate, key] = await Promise.all([
    read('VAULT_CACERT', 'BAO_CACERT'),
    read('VAULT_CLIENT_CERT', 'BAO_CLIENT_CERT'),
    read('VAULT_CLIENT_KEY', 'BAO_CLIENT_KEY'),
  ])
  return {
    ...(ca !== undefined && { ca: [ca] }),
    ...(certificate !== undefined && key !== undefined && { clientCertificate: { certificate, key } }),
  }
}
