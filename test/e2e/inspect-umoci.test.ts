import { execFileSync, spawnSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listFiles } from '@assay/core'
import { createLayout } from '@assay/registry'
import { buildImage, pushImage, type BuiltImage } from '@assay/test-support/image-builder'
import { gnuLong, padded, paxHeader, tarHeader, type TarEntry } from '@assay/test-support/tar-bytes'
import { array, asyncProperty, assert as check, constantFrom, record, type Arbitrary } from 'fast-check'
import { expect, test } from 'vitest'

const hasUmoci = spawnSync('umoci', ['--version']).status === 0
if (!hasUmoci && process.env['CI'] === 'true') throw new Error('umoci is not installed')

/** What a random layer does to one path. */
interface Step {
  readonly path: string
  readonly kind: Kind | 'opaque' | Odd
}

type Kind = 'file' | 'twice' | 'attributed' | 'directory' | 'symlink' | 'hardlink' | 'lower-link' | 'whiteout'
/** A file in the directory at the path, whose name or content is written in a way of its own. */
type Odd = keyof typeof oddNames

const oddNames = {
  'gnu-long': 'g'.repeat(150),
  'pax-long': 'p'.repeat(200),
  'not-utf8': 'n\xff\xfe',
  sparse: 'sparse',
} as const

const isOdd = (kind: string): kind is Odd => kind in oddNames

/** What every stack stands on: a file that nothing changes, and a /usr that is merged. */
const ground: readonly TarEntry[] = [
  { kind: 'directory', path: 'ground' },
  { kind: 'file', path: 'ground/file', content: 'the ground' },
  { kind: 'directory', path: 'usr' },
  { kind: 'directory', path: 'usr/bin' },
  { kind: 'symlink', path: 'bin', target: 'usr/bin' },
]

const names = ['a', 'b', 'c'] as const
const paths = [
  ...names,
  ...names.flatMap((one) => names.map((two) => `${one}/${two}`)),
  ...names.map((three) => `a/b/${three}`),
  'usr/bin/a',
  'usr/bin/a/b',
]
const step: Arbitrary<Step> = record({
  path: constantFrom(...paths),
  kind: constantFrom<Step['kind']>(
    'file',
    'file',
    'twice',
    'attributed',
    'directory',
    'symlink',
    'hardlink',
    'lower-link',
    'whiteout',
    'opaque',
    'gnu-long',
    'pax-long',
    'not-utf8',
    'sparse',
  ),
})
const stack = array(array(step, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 })

/**
 * A layer as a writer of layers makes it: parents before children, one entry a path, no path through a link or file.
 * What runtimes disagree about is left to the tests of findings.
 */
function layerOf(steps: readonly Step[], layer: number): readonly TarEntry[] {
  const chosen = new Map<string, Kind | Odd>()
  for (const { path, kind } of steps) {
    const above = parentsOf(path)
    const blocked = above.some((parent) => (chosen.get(parent) ?? 'directory') !== 'directory')
    const below = [...chosen.keys()].some((other) => other.startsWith(`${path}/`))
    if (blocked || chosen.has(path) || (below && kind !== 'directory')) continue
    for (const parent of above) chosen.set(parent, 'directory')
    if (kind === 'opaque') {
      chosen.set(path, 'directory')
      chosen.set(`${path}/.wh..wh..opq`, 'file')
    } else if (isOdd(kind)) {
      chosen.set(path, 'directory')
      chosen.set(`${path}/${oddNames[kind]}`, kind)
    } else chosen.set(path, kind)
  }
  const files = [...chosen].filter(([path, kind]) => kind === 'file' && !path.includes('.wh.'))
  const target = files[0]?.[0]
  const sorted = [...chosen].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const entries = sorted.flatMap(([path, kind]) => entryOf(path, { kind, layer, target }))
  // A hardlink follows the file that it names.
  return [
    ...(layer === 0 ? ground : []),
    ...entries.filter(({ kind }) => kind !== 'hardlink'),
    ...entries.filter(({ kind }) => kind === 'hardlink'),
  ]
}

function entryOf(
  path: string,
  {
    kind,
    layer,
    target,
  }: { readonly kind: Kind | Odd; readonly layer: number; readonly target: string | undefined },
): readonly TarEntry[] {
  const content = path.endsWith('.opq') ? '' : `${path}@${layer}`.padEnd(10 + layer, '.')
  if (isOdd(kind)) return [{ kind: 'raw', bytes: oddFile(kind, path, Buffer.from(content)) }]
  switch (kind) {
    case 'file':
      return [{ kind, path, content }]
    case 'twice':
      return [
        { kind: 'file', path, content: `${content} at first` },
        { kind: 'file', path: `./${path}`, content },
      ]
    case 'attributed':
      return [{ kind: 'file', path, content, xattrs: { 'user.note': Buffer.from('0aff00', 'hex') } }]
    case 'directory':
      return [{ kind, path }]
    case 'symlink':
      return [{ kind, path, target: `nowhere-${layer}` }]
    case 'hardlink':
      return target === undefined ? [] : [{ kind, path, target }]
    case 'lower-link':
      return [{ kind: 'hardlink', path, target: 'ground/file' }]
    case 'whiteout':
      return [{ kind: 'file', path: path.replace(/[^/]*$/, (name) => `.wh.${name}`), content: '' }]
  }
}

const header = (name: string, size: number): Uint8Array => tarHeader({ name, type: '0', size })

/** Header and content of a file as writers write it whose header has no room for what it says. */
function oddFile(kind: Odd, path: string, content: Buffer): Uint8Array {
  switch (kind) {
    case 'gnu-long':
      return Buffer.concat([gnuLong('L', path), header('long', content.length), padded(content)])
    case 'pax-long':
      return Buffer.concat([paxHeader({ path }), header('long', content.length), padded(content)])
    case 'not-utf8':
      return Buffer.concat([header(path, content.length), padded(content)])
    case 'sparse': {
      // Its content behind a hole of 4096 bytes.
      const data = Buffer.concat([padded(`1\n4096\n${content.length}\n`), content])
      const records = {
        'GNU.sparse.major': '1',
        'GNU.sparse.minor': '0',
        'GNU.sparse.name': path,
        'GNU.sparse.realsize': String(4096 + content.length),
      }
      return Buffer.concat([paxHeader(records), header('GNUSparseFile.0/sparse', data.length), padded(data)])
    }
  }
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'))
}

/** What umoci unpacks, a line a file. */
async function unpacked(image: BuiltImage): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-umoci-'))
  try {
    const layout = join(folder, 'layout')
    await pushImage(await createLayout(layout), image, 'test')
    const bundle = join(folder, 'bundle')
    execFileSync('umoci', ['unpack', '--rootless', '--image', `${layout}:test`, bundle], { stdio: 'pipe' })
    const rootfs = join(bundle, 'rootfs')
    return linesBelow(Buffer.from(rootfs), '').toSorted()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** By bytes: not every name is text. */
function linesBelow(folder: Buffer, shown: string): readonly string[] {
  return readdirSync(folder, { encoding: 'buffer' }).flatMap((name) => {
    const path = Buffer.concat([folder, Buffer.from('/'), name])
    const text = name.toString('utf8').includes('\ufffd')
      ? name.toString('latin1').replaceAll(/[^\x20-\x7e]/g, (one) => `\\x${one.charCodeAt(0).toString(16)}`)
      : name.toString('utf8')
    const stat = lstatSync(path)
    if (stat.isSymbolicLink()) return [`${shown}/${text} symlink ${readlinkSync(path)}`]
    if (!stat.isDirectory()) return [`${shown}/${text} file ${stat.size}`]
    return [`${shown}/${text} directory`, ...linesBelow(path, `${shown}/${text}`)]
  })
}

/** What assay says that the container sees, in the same words. */
async function listed(image: BuiltImage): Promise<readonly string[]> {
  const report = await listFiles(image.source, image.descriptor, { reference: 'built', view: 'rootfs' })
  expect(report.ok).toBe(true)
  return report.images
    .flatMap(({ files }) => files)
    .map(({ path, type, size, target }) => {
      if (type === 'symlink') return `${path} symlink ${target}`
      return type === 'directory' ? `${path} directory` : `${path} file ${size}`
    })
    .toSorted()
}

test.skipIf(!hasUmoci)(
  'the files of random layer stacks are those that umoci unpacks',
  { timeout: 180_000 },
  async () => {
    await check(
      asyncProperty(stack, async (layers) => {
        const image = await buildImage({
          layers: layers.map((steps, layer) => ({ entries: layerOf(steps, layer), compression: 'none' })),
        })
        expect(await listed(image)).toEqual(await unpacked(image))
      }),
      { numRuns: 40 },
    )
  },
)
