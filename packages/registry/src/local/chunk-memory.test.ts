import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OpenCall } from '../content.ts'
import { digestOf } from '../digest.ts'
import { streamOf } from '../verified-stream.ts'
import { createLayout } from './oci-layout.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'assay-chunks-'))
})
afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

const bytes = randomBytes(700_000)

/** The content as a careful reader takes it, and in how many pieces of memory it came. */
async function read(call?: OpenCall): Promise<{ readonly content: Buffer; readonly memories: number }> {
  const store = await createLayout(root)
  const blob = { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.length }
  await store.push(blob, streamOf(bytes))
  const parts: Uint8Array[] = []
  const memories = new Set<string>()
  for await (const chunk of store.open(blob, call)) {
    parts.push(Uint8Array.from(chunk))
    memories.add(`${identityOf(chunk.buffer)} ${chunk.byteOffset}`)
  }
  return { content: Buffer.concat(parts), memories: memories.size }
}

const known: ArrayBufferLike[] = []
function identityOf(memory: ArrayBufferLike): number {
  if (!known.includes(memory)) known.push(memory)
  return known.indexOf(memory)
}

describe('the chunks of a blob', () => {
  test('lie in one memory for a reader that is done with each before the next', async () => {
    const { content, memories } = await read({ transient: true })
    expect(content.equals(bytes)).toBe(true)
    expect(memories).toBe(1)
  })

  test('stay as they are for every other reader', async () => {
    const { content, memories } = await read()
    expect(content.equals(bytes)).toBe(true)
    expect(memories).toBe(3)
  })
})
