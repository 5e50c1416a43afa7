import { buildImage, buildIndex } from '@assay/test-support/image-builder'
import { expect, test } from 'vitest'
import { inspectImage } from './inspect-image.ts'
import type { ReadingProgress } from './watch-reading.ts'

const layer = (path: string) => ({ entries: [{ kind: 'file', path, content: 'x'.repeat(9000) }] }) as const

test('progress never goes back, and ends with every layer read, in images that share some', async () => {
  const shared = layer('shared')
  const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }))
  const images = await Promise.all(
    platforms.map(async (platform) => ({
      platform,
      image: await buildImage({ platform, layers: [shared, layer(platform.architecture), shared] }),
    })),
  )
  const index = buildIndex(images)
  const told: ReadingProgress[] = []
  const report = await inspectImage(index.source, index.descriptor, {
    reference: 'any',
    onProgress: (progress) => told.push(progress),
  })
  const layers = new Map(
    report.images.flatMap((image) => image.layers.map(({ digest, size }) => [digest, size])),
  )
  const total = [...layers.values()].reduce((sum, size) => sum + size, 0)
  expect(layers.size).toBe(3)
  expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).toSorted((a, b) => a - b))
  expect(told.at(-1)).toEqual({ done: total, total })
})
