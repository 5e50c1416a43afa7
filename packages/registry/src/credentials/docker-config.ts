import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { RegistryError } from '../errors.ts'
import { isJsonObject, parseStrictJson, type JsonObject, type JsonValue } from '../json/strict-json.ts'
import { systemCode } from '../local/file-error.ts'
import { askHelper } from './credential-helper.ts'
import type { Credential, Keychain } from './credential.ts'

const maxConfigSize = 1024 * 1024

export interface ConfigFile {
  readonly path: string
  readonly config: JsonObject
}

/**
 * Where Docker and podman keep credentials, in the order in which they are asked: `DOCKER_CONFIG`, the home's
 * `.docker`, `REGISTRY_AUTH_FILE`, and podman's `auth.json` of the session and of the home.
 */
export function credentialFiles(
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const home = environment['HOME'] ?? homedir()
  const docker = environment['DOCKER_CONFIG'] ?? join(home, '.docker')
  const runtime = environment['XDG_RUNTIME_DIR']
  const explicit = environment['REGISTRY_AUTH_FILE']
  return [
    ...(explicit === undefined || explicit === '' ? [] : [explicit]),
    join(docker, 'config.json'),
    ...(runtime === undefined || runtime === '' ? [] : [join(runtime, 'containers', 'auth.json')]),
    join(environment['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'containers', 'auth.json'),
  ]
}

/**
 * Credentials from files in Docker's format: `credHelpers` for the host, then `auths`, then `credsStore`. A host is
 * matched whole, with its port; nothing that merely looks like it (attacks B-34, B-35). Files are read when asked for.
 */
export function dockerKeychain(
  paths: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Keychain {
  return async (host, call) => {
    for (const path of paths) {
      const file = await readConfig(path)
      const found = file === undefined ? undefined : await lookUp(file, host, { environment, ...call })
      if (found !== undefined) return found
    }
    return undefined
  }
}

interface LookUpOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal
}

async function lookUp(
  { path, config }: ConfigFile,
  host: string,
  options: LookUpOptions,
): Promise<Credential | undefined> {
  const keys = keysOf(host)
  const helpers = objectOf(config['credHelpers'])
  const helperKey = Object.keys(helpers).find((key) => keys.includes(normal(key)))
  const helper = helperKey === undefined ? undefined : helpers[helperKey]
  // A helper that is named for this host decides, also when it knows nothing: no fall back to another source.
  if (typeof helper === 'string' && helperKey !== undefined)
    return await askHelper(helper, serverOf(helperKey), options)
  const auths = objectOf(config['auths'])
  const authKey = Object.keys(auths).find((key) => keys.includes(normal(key)))
  const found = authKey === undefined ? undefined : readAuth(objectOf(auths[authKey]), path)
  if (found !== undefined) return found
  const store = config['credsStore']
  if (typeof store !== 'string' || store === '') return undefined
  return await askHelper(store, authKey ?? (host === 'docker.io' ? hubServer : host), options)
}

const hubServer = 'https://index.docker.io/v1/'
const hubKeys = ['docker.io', 'index.docker.io', 'registry-1.docker.io']

/** The names under which a host may stand in a credentials file. */
export function keysOf(host: string): readonly string[] {
  return hubKeys.includes(host) ? hubKeys : [host]
}

/** What a host or a key of `credHelpers` is called when a helper is asked. */
export function serverOf(key: string): string {
  return normal(key) === 'index.docker.io' || normal(key) === 'docker.io' ? hubServer : key
}

/** A key of `auths` as a host: Docker wrote `https://host/v1/` in its first years. */
export function normal(key: string): string {
  return key
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/(?:v[12]\/?)?$/, '')
}

function readAuth(entry: JsonObject, path: string): Credential | undefined {
  const text = (name: string): string | undefined => {
    const value = entry[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const refresh = text('identitytoken')
  if (refresh !== undefined) return { kind: 'refresh', token: refresh }
  const bearer = text('registrytoken')
  if (bearer !== undefined) return { kind: 'bearer', token: bearer }
  const [username, password] = [text('username'), text('password')]
  if (username !== undefined && password !== undefined) return { kind: 'basic', username, password }
  const encoded = text('auth')
  if (encoded === undefined) return undefined
  const decoded = Buffer.from(encoded, 'base64').toString('utf8').replace(/\0+$/, '')
  const colon = decoded.indexOf(':')
  if (colon <= 0) throw unreadable(path, 'an "auth" entry is not base64 of user:password')
  return { kind: 'basic', username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}

/** A credentials file, or undefined if there is none. */
export async function readConfig(path: string): Promise<ConfigFile | undefined> {
  try {
    const { size } = await stat(path)
    if (size > maxConfigSize) throw unreadable(path, 'the file is too large')
    const config = parseStrictJson(await readFile(path), { on: path })
    if (!isJsonObject(config)) throw unreadable(path, 'the file is not a JSON object')
    return { path, config }
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (error instanceof RegistryError && error.code === 'INVALID_CREDENTIALS') throw error
    throw unreadable(path, 'the file cannot be read', error)
  }
}

export function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

// The cause of a JSON error may quote the file, so only its code is kept.
function unreadable(path: string, message: string, cause?: unknown): RegistryError {
  const got = cause instanceof RegistryError ? cause.code : systemCode(cause)
  return new RegistryError('INVALID_CREDENTIALS', `the credentials file is unusable: ${message}`, {
    on: path,
    ...(got !== undefined && { got }),
  })
}
