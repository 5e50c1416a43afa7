import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { canonicalize } from './canonical-json.ts'

/** A key of a TUF role. */
export interface TufKey {
  readonly id: string
  readonly privateKey: KeyObject
  readonly publicHex: string
}

export function tufKey(id?: string): TufKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const publicHex = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex')
  return { id: id ?? createHash('sha256').update(publicHex).digest('hex'), privateKey, publicHex }
}

export interface Role {
  readonly keyids: readonly string[]
  readonly threshold: unknown
}

type Json = Readonly<Record<string, unknown>>

export interface TufOptions {
  readonly version?: number
  readonly expires?: string
  readonly keys: readonly TufKey[]
  readonly roles?: Readonly<Record<string, Role>>
}

const later = '2099-01-01T00:00:00Z'

/** The signed part of root metadata (TUF specification §4.3): every role by every key, unless given. */
export function rootOf({ version = 1, expires = later, keys, roles = {} }: TufOptions): Json {
  const keyids = keys.map(({ id }) => id)
  const role: Role = { keyids, threshold: 1 }
  return {
    _type: 'root',
    spec_version: '1.0.31',
    version,
    expires,
    consistent_snapshot: true,
    keys: Object.fromEntries(
      keys.map(({ id, publicHex }) => [
        id,
        { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: publicHex } },
      ]),
    ),
    roles: { root: role, timestamp: role, snapshot: role, targets: role, ...roles },
  }
}

/** Metadata with the signatures of these keys, in order, doubles included. */
export function signed(metadata: Json, keys: readonly TufKey[]): Buffer {
  const bytes = Buffer.from(canonicalize(metadata))
  const signatures = keys.map(({ id, privateKey }) => ({
    keyid: id,
    sig: sign(null, bytes, privateKey).toString('hex'),
  }))
  return Buffer.from(JSON.stringify({ signed: metadata, signatures }))
}

export interface ReleaseOptions {
  readonly version?: number
  readonly expires?: string
  /** What the entry of the target says instead of the truth. */
  readonly entry?: Json
}

export type TufFiles = Map<string, Buffer>

/** Timestamp, snapshot, targets and the one target, all signed by one key, by their paths. */
export function release(key: TufKey, content: Buffer, options: ReleaseOptions = {}): TufFiles {
  const { version = 1, expires = later } = options
  const common = { spec_version: '1.0.31', version, expires }
  const sha256 = createHash('sha256').update(content).digest('hex')
  const entry = options.entry ?? { length: content.byteLength, hashes: { sha256 } }
  const targets = signed({ _type: 'targets', ...common, targets: { 'trusted_root.json': entry } }, [key])
  const snapshot = signed({ _type: 'snapshot', ...common, meta: { 'targets.json': { version } } }, [key])
  const timestamp = signed({ _type: 'timestamp', ...common, meta: { 'snapshot.json': { version } } }, [key])
  return new Map([
    ['/timestamp.json', timestamp],
    [`/${version}.snapshot.json`, snapshot],
    [`/${version}.targets.json`, targets],
    [`/targets/${sha256}.trusted_root.json`, content],
  ])
}

export interface ServedTuf extends AsyncDisposable {
  readonly mirror: string
}

/** Serves the files as they are at the time of each request. */
export async function serveTuf(files: TufFiles): Promise<ServedTuf> {
  const server = createServer((request, response) => {
    const content = files.get(new URL(request.url ?? '/', 'http://localhost').pathname)
    response.writeHead(content === undefined ? 404 : 200).end(content)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    mirror: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
