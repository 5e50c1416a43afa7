import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { TrustRootSource } from '../policy/trust-root-source.ts'
import { parseTrustRoot } from '../trust/parse-trust-root.ts'
import { TrustError } from '../trust/trust-error.ts'
import type { TrustRoot } from '../trust/trust-root.ts'
import { fetchTufTarget } from '../trust/tuf-target.ts'
import { GateError } from './gate-error.ts'

type Source<Kind extends TrustRootSource['kind']> = Extract<TrustRootSource, { readonly kind: Kind }>

/**
 * The trust root that a TUF repository on the network has for now, from the root metadata of its TrustRoot on.
 * @throws GateError UNSUPPORTED
 * @throws TrustError TRUST_ROOT_UNAVAILABLE, MALFORMED_TRUST_ROOT
 */
export async function remoteTrustRoot(source: Source<'remote'>, name: string): Promise<TrustRoot> {
  const { mirror, root, target, targets } = source
  if (targets !== 'targets' || !/^https?:\/\//.test(mirror)) {
    const message = 'a TUF repository is read from an http(s) URL, with its targets under "targets"'
    throw new GateError('UNSUPPORTED', message, { on: name, got: `${mirror}, ${targets}` })
  }
  return await fromMirror(mirror, root, target)
}

/**
 * The same of a repository that the TrustRoot itself carries: nothing outside of this machine is asked.
 * @throws TrustError TRUST_ROOT_UNAVAILABLE, MALFORMED_TRUST_ROOT
 */
export async function carriedTrustRoot({
  archive,
  root,
  target,
  targets,
}: Source<'repository'>): Promise<TrustRoot> {
  const files = filesOf(archive, targets)
  // The client speaks HTTP alone.
  const server = createServer((request, response) => {
    const content = files.get(decoded(request.url ?? ''))
    response.writeHead(content === undefined ? 404 : 200).end(content)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = address === null || typeof address === 'string' ? '' : `:${address.port}`
  try {
    return await fromMirror(`http://127.0.0.1${port}`, root, target)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** Others on this machine may ask, too, and for anything. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    // No percent-encoding of UTF-8: the name of no file.
    return ''
  }
}

async function fromMirror(mirror: string, root: Uint8Array, target: string): Promise<TrustRoot> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-trust-'))
  try {
    const rootFile = join(folder, 'root.json')
    await writeFile(rootFile, root)
    const document = await fetchTufTarget(target, { mirror, rootFile })
    return parseTrustRoot(document, { kind: 'tuf', mirror })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Bytes of the unpacked repository. */
const maxArchive = 16 * 1024 * 1024
const block = 512

/** The files of a ustar archive by their paths in the repository, which begins at `repository/` or at its top. */
function filesOf(archive: Uint8Array, targets: string): ReadonlyMap<string, Buffer> {
  const tar = gunzipSync(archive, { maxOutputLength: maxArchive })
  const files = new Map<string, Buffer>()
  for (let at = 0; at + block <= tar.length;) {
    const header = tar.subarray(at, at + block)
    const size = sizeIn(header)
    const type = textAt(header, 156, 1)
    const [prefix, name] = [textAt(header, 345, 155), textAt(header, 0, 100)]
    const path = `${prefix === '' ? '' : `${prefix}/`}${name}`.replace(/^(?:\.?\/)*(?:repository\/)?/, '')
    const inTargets = path.startsWith(`${targets}/`) ? `targets/${path.slice(targets.length + 1)}` : path
    if (type === '0' || type === '') files.set(`/${inTargets}`, tar.subarray(at + block, at + block + size))
    at += block + Math.ceil(size / block) * block
  }
  return files
}

/** Octal digits; anything else could lead back to where we were. */
function sizeIn(header: Buffer): number {
  const text = textAt(header, 124, 12)
  if (/^[0-7]*$/.test(text)) return Number.parseInt(`0${text}`, 8)
  throw new TrustError('MALFORMED_TRUST_ROOT', 'the carried repository is no tar that we can read', {
    expected: 'the size of each file in octal digits',
    got: JSON.stringify(text),
  })
}

function textAt(header: Buffer, start: number, length: number): string {
  return (header.toString('utf8', start, start + length).split('\0', 1)[0] ?? '').trim()
}
