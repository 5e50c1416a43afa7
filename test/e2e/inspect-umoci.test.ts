import { execFileSync, spawnSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { listFiles } from '@assay/core'
import { createLayout } from '@assay/registry'
import { buildImage, pushImage, type BuiltImage } from '@assay/test-support/image-builder'
import type { TarEntry } from '@assay/test-support/tar-bytes'
import { array, asyncProperty, assert as check, constantFrom, record, type Arbitrary } from 'fast-check'
import { expect, test } from 'vitest'

const hasUmoci = spawnSync('umoci', ['--version']).status === 0
if (!hasUmoci && process.env['CI'] === 'true') throw new Error('umoci is not installed')

/** What a random layer does to one path. */
interface Step {
  readonly path: string
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink' | 'whiteout' | 'opaque'
}

const names = ['a', 'b', 'c'] as const
const paths = [
  ...names,
  ...names.flatMap((one) => names.map((two) => `${one}/${two}`)),
  ...names.map((three) => `a/b/${three}`),
]
const step: Arbitrary<Step> = record({
  path: constantFrom(...paths),
  kind: constantFrom('file', 'file', 'directory', 'symlink', 'hardlink', 'whiteout', 'opaque'),
})
const stack = array(array(step, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 })

/**
 * A layer as a writer of layers makes it: parents before children, one entry a path, no path through a link or file.
 * What runtimes disagree about is left to the tests of findings.
 */
function layerOf(steps: readonly Step[], layer: number): readonly TarEntry[] {
  const chosen = new Map<string, Step['kind']>()
  for (const { path, kind } of steps) {
    const above = parentsOf(path)
    const blocked = above.some((parent) => (chosen.get(parent) ?? 'directory') !== 'directory')
    const below = [...chosen.keys()].some((other) => other.startsWith(`${path}/`))
    if (blocked || chosen.has(path) || (below && kind !== 'directory')) continue
    for (const parent of above) chosen.set(parent, 'directory')
    if (kind === 'opaque') {
      chosen.set(path, 'directory')
      chosen.set(`${path}/.wh..wh..opq`, 'file')
    } else chosen.set(path, kind)
  }
  const files = [...chosen].filter(([path, kind]) => kind === 'file' && !path.includes('.wh.'))
  const target = files[0]?.[0]
  const sorted = [...chosen].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const entries = sorted.flatMap(([path, kind]) => entryOf(path, { kind, layer, target }))
  // A hardlink follows the file that it names.
  return [
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
  }: { readonly kind: Step['kind']; readonly layer: number; readonly target: string | undefined },
): readonly TarEntry[] {
  switch (kind) {
    case 'file':
      return [
        { kind, path, content: path.endsWith('.opq') ? '' : `${path}@${layer}`.padEnd(10 + layer, '.') },
      ]
    case 'directory':
      return [{ kind, path }]
    case 'symlink':
      return [{ kind, path, target: `nowhere-${layer}` }]
    case 'hardlink':
      return target === undefined ? [] : [{ kind, path, target }]
    case 'whiteout':
      return [{ kind: 'file', path: path.replace(/[^/]*$/, (name) => `.wh.${name}`), content: '' }]
    case 'opaque':
      return []
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
    return readdirSync(rootfs, { recursive: true, encoding: 'utf8' })
      .map((name) => line(rootfs, join(rootfs, name)))
      .toSorted()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function line(rootfs: string, path: string): string {
  const stat = lstatSync(path)
  const name = `/${relative(rootfs, path)}`
  if (stat.isSymbolicLink()) return `${name} symlink ${readlinkSync(path)}`
  return stat.isDirectory() ? `${name} directory` : `${name} file ${stat.size}`
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
