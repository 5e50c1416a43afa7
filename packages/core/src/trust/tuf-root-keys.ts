import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { repositoryFolder } from './tuf-cache.ts'
import { isJsonArray, isJsonObject, parseStrictJson, type JsonObject, type JsonValue } from '@assay/registry'

/** Where the client keeps the roots that it has verified. */
function rootFolders(cachePath: string, mirror: string): readonly string[] {
  const repository = join(cachePath, repositoryFolder(mirror))
  return [repository, join(repository, 'root_history')]
}

/**
 * The client counts key ids towards a threshold, and ids are free text: one key under two ids would count twice
 * (class of GHSA-3633-5h82-39pq). So no root that was walked through may name a key twice.
 * @returns the role and the ids, where one does
 */
export async function twinKeys(cachePath: string, mirror: string): Promise<string | undefined> {
  for (const folder of rootFolders(cachePath, mirror)) {
    for (const name of await namesIn(folder)) {
      const found = twinsIn(parseStrictJson(await readFile(join(folder, name)), { on: name }))
      if (found !== undefined) return `${name}: ${found}`
    }
  }
  return undefined
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('root.json'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

function twinsIn(root: JsonValue): string | undefined {
  const signed = memberOf(root, 'signed')
  const keys = memberOf(signed, 'keys')
  for (const [role, value] of Object.entries(memberOf(signed, 'roles'))) {
    const ids = isJsonObject(value) && isJsonArray(value['keyids']) ? value['keyids'].map(String) : []
    const owners = new Map<string, string>()
    for (const id of ids) {
      const material = materialOf(keys[id] ?? null)
      const twin = owners.get(material)
      if (twin !== undefined && twin !== id) return `role ${role} has one key under two ids`
      owners.set(material, id)
    }
  }
  return undefined
}

function memberOf(value: JsonValue, name: string): JsonObject {
  const member = isJsonObject(value) ? value[name] : undefined
  return member !== undefined && isJsonObject(member) ? member : {}
}

/** What makes a key the same key: its public half, in hexadecimal or in PEM, in whatever lines it is written. */
function materialOf(key: JsonValue): string {
  const { public: value } = memberOf(key, 'keyval')
  const text = typeof value === 'string' ? value : ''
  const der = /-----BEGIN [A-Z ]+-----([A-Za-z0-9+/=\s]+)-----END/.exec(text)?.[1]
  const hex = der === undefined ? text.trim().toLowerCase() : Buffer.from(der, 'base64').toString('hex')
  return hex.startsWith(ed25519Prefix) ? hex.slice(ed25519Prefix.length) : hex
}

/** The DER of a SubjectPublicKeyInfo of Ed25519 up to the key (RFC 8410 §4), which stands bare in hexadecimal. */
const ed25519Prefix = '302a300506032b6570032100'
