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

/** An image of one gzip layer in a layout of its own. */
export interface LargeImage {
  readonly reference: string
  /** The layer's blob. */
  readonly layer: string
  readonly entries: number
}

const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const made = new Map<string, Promise<LargeImage>>()

/** About 1.6 GB of this machine's /usr: whole files, evenly picked, so that the mix is that of a real system. */
export function usrImage(): Promise<LargeImage> {
  return once('usr', async (tar) => {
    const files = filesBelow('/usr')
    const sizes = await Promise.all(
      files.map(async (file) => (await lstat(Buffer.from(file, 'latin1'))).size),
    )
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
    writeFileSync(list, picked.map((file) => `${file}\0`).join(''), 'latin1')
    execFileSync('tar', ['cf', tar, '--no-recursion', '--null', '-T', list], { stdio: 'ignore' })
    return picked.length
  })
}

/** 300 000 files of 1 KiB each. */
export function smallFilesImage(): Promise<LargeImage> {
  return once('small', async (tar) => {
    const count = 300_000
    const file = openSync(tar, 'w')
    for (let index = 0; index < count; index++) {
      const name = `usr/share/app/d${Math.floor(index / 1000)}/e${Math.floor(index / 100) % 10}/file-${index}.txt`
      const content = smallText(index)
      writeSync(file, Buffer.concat([tarHeader({ name, type: '0', size: content.length }), padded(content)]))
    }
    writeSync(file, endOfArchive)
    closeSync(file)
    return await Promise.resolve(count)
  })
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

function once(name: string, write: (tar: string) => Promise<number>): Promise<LargeImage> {
  const known = made.get(name) ?? build(name, write)
  made.set(name, known)
  return known
}

async function build(name: string, write: (tar: string) => Promise<number>): Promise<LargeImage> {
  const tar = join(folder, `${name}.tar`)
  const blob = `${tar}.gz`
  const entries = await write(tar)
  await pipeline(createReadStream(tar), createGzip({ chunkSize: 256 * 1024 }), createWriteStream(blob))
  const diffId = await digestOfFile(tar)
  rmSync(tar)
  const size = (await lstat(blob)).size
  const digest = await digestOfFile(blob)
  const directory = join(folder, name)
  const blobs = join(directory, 'blobs', 'sha256')
  mkdirSync(blobs, { recursive: true })
  const layer = join(blobs, digest)
  renameSync(blob, layer)
  const put = (mediaType: string, document: unknown): unknown => {
    const bytes = JSON.stringify(document)
    const hex = createHash('sha256').update(bytes).digest('hex')
    writeFileSync(join(blobs, hex), bytes)
    return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(bytes) }
  }
  const rootfs = { type: 'layers', diff_ids: [`sha256:${diffId}`] }
  const config = put(`${oci}config.v1+json`, { architecture: 'amd64', os: 'linux', config: {}, rootfs })
  const layers = [{ mediaType: `${oci}layer.v1.tar+gzip`, digest: `sha256:${digest}`, size }]
  const mediaType = `${oci}manifest.v1+json`
  const manifests = [put(mediaType, { schemaVersion: 2, mediaType, config, layers })]
  writeFileSync(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
  writeFileSync(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  return { reference: `oci:${directory}`, layer, entries }
}

const oci = 'application/vnd.oci.image.'

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk)
  return hash.digest('hex')
}
