import { elfProgram, inspectLayers } from '@assay/test-support/inspect'
import type { TarEntry } from '@assay/test-support/tar-bytes'
import { expect, test } from 'vitest'
import type { Waste } from './waste.ts'

const file = (path: string, size: number): TarEntry => ({ kind: 'file', path, content: 'x'.repeat(size) })
const gone = (path: string): TarEntry => ({ kind: 'file', path, content: '' })

async function waste(...layers: readonly (readonly TarEntry[])[]): Promise<Waste> {
  const image = await inspectLayers(layers.map((entries) => ({ entries })))
  expect(image.layers.reduce((sum, layer) => sum + layer.wastedBytes, 0)).toBe(
    image.waste.overwrittenBytes + image.waste.deletedBytes,
  )
  return image.waste
}

test('an image without content, and one that is seen in whole, waste nothing', async () => {
  expect(await waste([])).toMatchObject({ shippedBytes: 0, efficiency: 1, worst: [] })
  expect(await waste([file('a', 10)], [file('b', 20)])).toMatchObject({
    shippedBytes: 30,
    seenBytes: 30,
    efficiency: 1,
    worst: [],
  })
})

test('every version but the last is wasted, with the layers that ship and that overwrite it', async () => {
  expect(await waste([file('a', 100)], [file('a', 50)], [file('a', 7)])).toEqual({
    shippedBytes: 157,
    seenBytes: 7,
    overwrittenBytes: 150,
    deletedBytes: 0,
    duplicateBytes: 0,
    efficiency: 0.0445,
    worst: [{ path: '/a', kind: 'overwritten', bytes: 150, layers: [0, 1], endedBy: [1, 2] }],
  })
})

test('what is deleted by name, by an opaque directory, or with its directory is wasted', async () => {
  const found = await waste(
    [file('a', 1), file('d/b', 10), file('d/c', 100), file('e/f', 1000), file('stays', 10_000)],
    [gone('.wh.a'), gone('d/.wh..wh..opq'), file('e', 5)],
  )
  expect(found).toMatchObject({ deletedBytes: 1111, overwrittenBytes: 0, seenBytes: 10_005 })
  expect(found.worst.map(({ path, bytes, endedBy }) => [path, bytes, endedBy])).toEqual([
    ['/e/f', 1000, [1]],
    ['/d/c', 100, [1]],
    ['/d/b', 10, [1]],
    ['/a', 1, [1]],
  ])
})

test('a hardlink has no bytes of its own, and keeps those of a name that is gone', async () => {
  expect(
    await waste([file('a', 100), { kind: 'hardlink', path: 'b', target: 'a' }], [gone('.wh.a')]),
  ).toMatchObject({ shippedBytes: 100, seenBytes: 100, deletedBytes: 0, efficiency: 1 })
  expect(
    await waste(
      [file('a', 100), { kind: 'hardlink', path: 'b', target: 'a' }],
      [gone('.wh.a'), gone('.wh.b')],
    ),
  ).toMatchObject({ shippedBytes: 100, seenBytes: 0, deletedBytes: 100, efficiency: 0 })
})

test('a program that stands twice is a duplicate, its hardlink is none', async () => {
  const content = elfProgram('the same')
  const found = await waste(
    [{ kind: 'file', path: 'a', content, mode: 0o755 }],
    [
      { kind: 'file', path: 'b', content, mode: 0o755 },
      { kind: 'hardlink', path: 'c', target: 'b' },
    ],
  )
  expect(found).toMatchObject({
    duplicateBytes: content.length,
    efficiency: 1,
    worst: [{ path: '/b', kind: 'duplicate', bytes: content.length, layers: [1], endedBy: [] }],
  })
})
