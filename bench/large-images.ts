import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { lstat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { endOfArchive, padded, tarHeader } from '@assay/test-support/tar-bytes'

/** An image of gzip layers in a layout of its own. */
export interface LargeImage {
  readonly reference: string
  /** The blob of the first layer. */
  readonly layer: string
  readonly entries: number
}

const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const made = new Map<string, Promise<LargeImage>>()

/** About 1.6 GB of this machine's /usr: whole files, evenly picked, so that the mix is that of a real system. */
export function usrImage(): Promise<LargeImage> {
  return once('usr', [async (tar) => await writeUsr(tar, () => true)])
}

/** The same files, every other one in the second of two layers. */
export function usrInTwoLayers(): Promise<LargeImage> {
  return once('usr-in-two', [
    async (tar) => await writeUsr(tar, (index) => index % 2 === 0),
    async (tar) => await writeUsr(tar, (index) => index % 2 === 1),
  ])
}

async function writeUsr(tar: string, isWanted: (index: number) => boolean): Promise<number> {
  const files = filesBelow('/usr')
  const sizes = await Promise.all(files.map(async (file) => (await lstat(Buffer.from(file, 'latin1'))).size))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const wanted = 1.6e9
  let taken = 0
  let passed = 0
  // The next file is taken whenever the share taken falls behind the share wanted.
  const picked = files.filter((_, index) => {
    const size = sizes[index] ?? 0
    passed += size
    const take = taken < (passed / total) * wanted
    if (take) taken += size
    return take
  })
  const list = join(folder, 'files')
  const chosen = picked.filter((_, index) => isWanted(index))
  writeFileSync(list, chosen.map((file) => `${file}\0`).join(''), 'latin1')
  execFileSync('tar', ['cf', tar, '--no-recursion', '--null', '-T', list], { stdio: 'ignore' })
  return chosen.length
}

/** 300 000 files of 1 KiB each. */
export function smallFilesImage(): Promise<LargeImage> {
  return once('small', [async (tar) => await writeSmall(tar, 300_000)])
}

/** More empty files than an image may have. */
export function tooManyFilesImage(): Promise<LargeImage> {
  return once('too-many', [async (tar) => await writeEmpty(tar, 5_000_000)])
}

async function writeEmpty(tar: string, count: number): Promise<number> {
  const file = openSync(tar, 'w')
  const step = 1000
  for (let index = 0; index < count; index += step) {
    const headers = Array.from({ length: step }, (_, at) =>
      tarHeader({ name: `srv/d${index / step}/e-${at}`, type: '0', size: 0 }),
    )
    writeSync(file, Buffer.concat(headers))
  }
  writeSync(file, endOfArchive)
  closeSync(file)
  return await Promise.resolve(count)
}

async function writeSmall(tar: string, count: number): Promise<number> {
  const file = openSync(tar, 'w')
  for (let index = 0; index < count; index++) {
    const name = `usr/share/app/d${Math.floor(index / 1000)}/e${Math.floor(index / 100) % 10}/file-${index}.txt`
    const content = smallText(index)
    writeSync(file, Buffer.concat([tarHeader({ name, type: '0', size: content.length }), padded(content)]))
  }
  writeSync(file, endOfArchive)
  closeSync(file)
  return await Promise.resolve(count)
}

/** Text that compresses about as source code does, the same in every run. */
function smallText(index: number): string {
  const words = Array.from({ length: 20 }, (_, place) =>
    createHash('sha1')
      .update(`${index % 997} ${place}`)
      .digest('hex'),
  )
  return words
    .map((word) => `const ${word} = value.${word}\n`)
    .join('')
    .slice(0, 1024)
}

function filesBelow(top: string): readonly string[] {
  const list = execFileSync('find', [top, '-xdev', '-type', 'f', '-print0'], { maxBuffer: 256 * 1024 * 1024 })
  return list
    .toString('latin1')
    .split('\0')
    .filter((path) => path !== '')
    .toSorted()
}

type WriteTar = (tar: string) => Promise<number>

function once(name: string, layers: readonly WriteTar[]): Promise<LargeImage> {
  const known = made.get(name) ?? build(name, layers)
  made.set(name, known)
  return known
}

interface StoredLayer {
  readonly blob: string
  readonly diffId: string
  readonly digest: string
  readonly size: number
  readonly entries: number
}

async function storeLayer(name: string, blobs: string, write: WriteTar): Promise<StoredLayer> {
  const tar = join(folder, `${name}.tar`)
  const compressed = `${tar}.gz`
  const entries = await write(tar)
  await pipeline(createReadStream(tar), createGzip({ chunkSize: 256 * 1024 }), createWriteStream(compressed))
  const diffId = await digestOfFile(tar)
  rmSync(tar)
  const { size } = await lstat(compressed)
  const digest = await digestOfFile(compressed)
  const blob = join(blobs, digest)
  renameSync(compressed, blob)
  return { blob, diffId, digest, size, entries }
}

async function build(name: string, writes: readonly WriteTar[]): Promise<LargeImage> {
  const directory = join(folder, name)
  const blobs = join(directory, 'blobs', 'sha256')
  mkdirSync(blobs, { recursive: true })
  const stored: StoredLayer[] = []
  // One after the other: a tar of gigabytes lies on the disk at a time.
  // oxlint-disable-next-line no-await-in-loop -- see above
  for (const write of writes) stored.push(await storeLayer(name, blobs, write))
  const put = (mediaType: string, document: unknown): unknown => {
    const bytes = JSON.stringify(document)
    const hex = createHash('sha256').update(bytes).digest('hex')
    writeFileSync(join(blobs, hex), bytes)
    return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(bytes) }
  }
  const rootfs = { type: 'layers', diff_ids: stored.map(({ diffId }) => `sha256:${diffId}`) }
  const config = put(`${oci}config.v1+json`, { architecture: 'amd64', os: 'linux', config: {}, rootfs })
  const layers = stored.map(({ digest, size }) => ({
    mediaType: `${oci}layer.v1.tar+gzip`,
    digest: `sha256:${digest}`,
    size,
  }))
  const mediaType = `${oci}manifest.v1+json`
  const manifests = [put(mediaType, { schemaVersion: 2, mediaType, config, layers })]
  writeFileSync(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
  writeFileSync(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  const entries = stored.reduce((sum, layer) => sum + layer.entries, 0)
  return { reference: `oci:${directory}`, layer: stored[0]?.blob ?? '', entries }
}

const oci = 'application/vnd.oci.image.'

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk)
  return hash.digest('hex')
}
