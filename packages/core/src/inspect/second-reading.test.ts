import { createHash } from 'node:crypto'
import { buildImage } from '@assay/test-support/image-builder'
import { elfProgram } from '@assay/test-support/inspect'
import type { TarEntry } from '@assay/test-support/tar-bytes'
import { expect, test } from 'vitest'
import { loadImages } from '../image/load-images.ts'
import { layerObservers } from './content/observe-file.ts'
import { digestsOf, type InspectedImage } from './inspected-image.ts'
import { programsOf } from './programs.ts'
import { withSecondReading } from './second-reading.ts'
import { forgetful } from './facts/layer-memory.ts'
import { readImage } from './read-image.ts'

const digest = (algorithm: string, content: Uint8Array): string =>
  createHash(algorithm).update(content).digest('hex')
const listed = elfProgram('of a package')
const renamed = elfProgram('GNU bash, version %s')
const named = elfProgram('by name')
const other = elfProgram('nothing')

const program = (path: string, content: Uint8Array): TarEntry => ({
  kind: 'file',
  path,
  content,
  mode: 0o755,
})

/** Reads an image as if its layers were too large to hash every program while they pass. */
async function readLarge(): Promise<{ readonly inspected: InspectedImage; readonly opened: () => number }> {
  const list = `${digest('md5', listed)}  usr/bin/app\n`
  const image = await buildImage({
    layers: [
      {
        entries: [
          program('usr/bin/app', listed),
          program('opt/renamed', renamed),
          program('bin/sh', named),
          program('opt/other', other),
        ],
      },
      { entries: [{ kind: 'file', path: 'var/lib/dpkg/info/app.md5sums', content: list }] },
    ],
  })
  let opened = 0
  const source = {
    ...image.source,
    open: (...args: Parameters<typeof image.source.open>) => {
      opened += 1
      return image.source.open(...args)
    },
  }
  const [first] = (await loadImages(source, image.descriptor)).images
  if (first === undefined) throw new Error('there is no image')
  const observers = layerObservers()
  const read = await readImage(source, first, {
    observe: (layer) => observers({ ...layer, size: 1_000_000_000 }),
  })
  opened = 0
  return { inspected: await withSecondReading(source, read, { memory: forgetful }), opened: () => opened }
}

test('programs that packages list are compared after a second reading, if the list comes late', async () => {
  const { inspected, opened } = await readLarge()
  const digests = new Map(
    inspected.layers.flatMap(({ entries }) =>
      entries.map((entry) => [entry.path, digestsOf(inspected, entry)]),
    ),
  )
  expect(digests.get('usr/bin/app')).toMatchObject({
    sha256: digest('sha256', listed),
    md5: digest('md5', listed),
  })
  expect(digests.get('opt/renamed')?.sha256).toBe(digest('sha256', renamed))
  expect(digests.get('opt/other')?.sha256).toBe(digest('sha256', other))
  expect(digests.get('opt/other')?.md5).toBeUndefined()
  // What was not compared is not taken for a file of a package.
  expect(programsOf(inspected)).toMatchObject({ total: 4, ofPackages: 1, unexplainedCount: 3 })
  // Only the layer that holds them is read again.
  expect(opened()).toBe(1)
})
