import { expect, test } from 'vitest'
import { free, freeAlone, ownedByReader } from './owned-chunks.ts'

test('a chunk that is its reader’s alone gives its memory back', () => {
  const chunk = ownedByReader(new Uint8Array(100))
  free(chunk)
  expect(chunk.byteLength).toBe(0)
})

test('a chunk of which others may know stays', () => {
  const chunk = new Uint8Array(100)
  free(chunk)
  expect(chunk.byteLength).toBe(100)
})

test('memory that holds more than the chunk stays', () => {
  const all = new Uint8Array(100)
  const chunk = ownedByReader(all.subarray(10, 20))
  free(chunk)
  freeAlone(all.subarray(0, 99))
  expect(all.byteLength).toBe(100)
})
