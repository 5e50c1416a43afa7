import { mkdir, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Call } from '../content.ts'
import { RegistryError } from '../errors.ts'
import type { JsonObject, JsonValue } from '../json/strict-json.ts'
import { systemCode, writeFailed } from '../local/file-error.ts'
import { withLock, type StillHeld } from '../local/layout-lock.ts'
import { writeAtomically } from '../local/write-atomically.ts'
import { isHost } from '../reference.ts'
import { eraseInHelper, storeInHelper } from './credential-helper.ts'
import { credentialFiles, keysOf, normal, objectOf, readConfig, serverOf } from './docker-config.ts'

/** Where a credential was put, or was taken from. */
export type CredentialPlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'helper'; readonly name: string }

interface StoreOptions extends Call {
  readonly environment: Readonly<Record<string, string | undefined>>
}

/**
 * Keeps a user's credential for a registry: in the helper that the first credentials file names for it, else in that
 * file itself, where it can be read by whoever can read the file. Everything else in the file stays as it is.
 * @throws RegistryError INVALID_REFERENCE, INVALID_CREDENTIALS, WRITE_FAILED
 */
export async function storeCredential(
  host: string,
  credential: { readonly username: string; readonly password: string },
  options: StoreOptions,
): Promise<CredentialPlace> {
  checkHost(host)
  if (credential.username.includes(':'))
    throw new RegistryError('INVALID_CREDENTIALS', 'a user name holds no colon', { on: host })
  return await changeConfig<CredentialPlace>(options, async (config, path) => {
    const helper = helperOf(config, host)
    if (helper !== undefined) {
      await storeInHelper(helper, { server: serverOf(host), ...credential }, options)
      // A file is asked before its helper: what it held in plain text is old now.
      return { config: withoutAuth(config, host), place: { kind: 'helper', name: helper } }
    }
    const auth = Buffer.from(`${credential.username}:${credential.password}`, 'utf8').toString('base64')
    const auths = { ...objectOf(withoutAuth(config, host)['auths']), [serverOf(host)]: { auth } }
    return { config: { ...config, auths }, place: { kind: 'file', path } }
  })
}

/**
 * Forgets what `storeCredential` keeps for a registry. Undefined if nothing was kept in the file; a helper does not
 * say whether it knew anything.
 * @throws RegistryError INVALID_REFERENCE, INVALID_CREDENTIALS, WRITE_FAILED
 */
export async function eraseCredential(
  host: string,
  options: StoreOptions,
): Promise<CredentialPlace | undefined> {
  checkHost(host)
  return await changeConfig<CredentialPlace | undefined>(options, async (config, path) => {
    const after = withoutAuth(config, host)
    const helper = helperOf(config, host)
    if (helper !== undefined) {
      await eraseInHelper(helper, serverOf(host), options)
      return { config: after, place: { kind: 'helper', name: helper } }
    }
    return { config: after, place: after === config ? undefined : { kind: 'file', path } }
  })
}

/** Changes the first credentials file under a lock: what it does not know of stays, and no reader sees half of it. */
async function changeConfig<Place>(
  options: StoreOptions,
  change: (
    config: JsonObject,
    path: string,
  ) => Promise<{ readonly config: JsonObject; readonly place: Place }>,
): Promise<Place> {
  const [named = ''] = credentialFiles(options.environment)
  const path = await realPath(named)
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  } catch (error) {
    throw writeFailed(error, path)
  }
  const work = async (stillHeld: StillHeld): Promise<Place> => {
    const before = (await readConfig(path))?.config ?? {}
    const { config, place } = await change(before, path)
    if (config !== before) {
      const text = `${JSON.stringify(config, null, '\t')}\n`
      await writeAtomically(path, text, { mode: 0o600, beforeRename: stillHeld })
    }
    return place
  }
  return await withLock(path, work, options)
}

/** A file that is a link (as keepers of dotfiles make them) is changed where it is, not replaced. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return path
    throw writeFailed(error, path)
  }
}

function helperOf(config: JsonObject, host: string): string | undefined {
  const helpers = objectOf(config['credHelpers'])
  const key = keyOf(helpers, host)
  return textOf(key === undefined ? undefined : helpers[key]) ?? textOf(config['credsStore'])
}

function withoutAuth(config: JsonObject, host: string): JsonObject {
  const auths = objectOf(config['auths'])
  const key = keyOf(auths, host)
  if (key === undefined) return config
  const rest = Object.fromEntries(Object.entries(auths).filter(([name]) => name !== key))
  return withoutAuth({ ...config, auths: rest }, host)
}

function keyOf(entries: JsonObject, host: string): string | undefined {
  return Object.keys(entries).find((key) => keysOf(host).includes(normal(key)))
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function checkHost(host: string): void {
  if (isHost(host) && host === host.toLowerCase()) return
  throw new RegistryError('INVALID_REFERENCE', 'this is not the host of a registry', {
    on: host,
    expected: 'name or name:port, in lower case',
  })
}
