import { digestOf, mediaTypes, memoryStore, type ContentSource } from '@assay/registry'
import { tarHeader } from '@assay/test-support/tar-bytes'
import { expect, test } from 'vitest'
import { LIMITS } from './limits.ts'
import { readLayer } from './read-layer.ts'

/** Headers of empty files without end, each with a name of its own, a megabyte at a time. */
function* emptyFiles(): Generator<Buffer, void, undefined> {
  const template = Buffer.from(tarHeader({ name: '00000000', type: '0' }))
  const sum = Number.parseInt(template.toString('latin1', 148, 154), 8) - 8 * 0x30
  for (let next = 0; ;) {
    const chunk = Buffer.alloc(2048 * 512)
    for (let at = 0; at < chunk.length; at += 512, next++) {
      template.copy(chunk, at)
      const name = String(next).padStart(8, '0')
      chunk.write(name, at, 'latin1')
      let total = sum
      for (let digit = 0; digit < 8; digit++) total += name.charCodeAt(digit)
      chunk.write(`${total.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1')
    }
    yield chunk
  }
}

test(
  'C-05, C-21: empty entries without end stop at the limit, which is told by its name',
  { timeout: 60_000 },
  async () => {
    let served = 0
    const source: ContentSource = {
      ...memoryStore(),
      async *open() {
        for (const chunk of emptyFiles()) {
          served += chunk.length / 512
          yield await Promise.resolve(chunk)
          if (served > LIMITS.entries) return
        }
      },
    }
    const descriptor = { mediaType: mediaTypes.ociLayer, digest: digestOf(new Uint8Array()), size: 2 ** 40 }
    const layer = await readLayer(
      source,
      { index: 0, descriptor, diffId: undefined, createdBy: undefined },
      { observe: () => undefined },
    )
    expect(layer.failure).toMatchObject({
      kind: 'unreadable',
      error: { code: 'LIMIT_EXCEEDED', message: 'the layer reaches the limit of entries' },
    })
    expect(layer.entries).toHaveLength(LIMITS.entries)
  },
)
