import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '@assay/registry'
import { corpus } from '@assay/test-support/corpora'
import { readTar, tarRefusal, type ReadTar } from '@assay/test-support/read-tar'
import { describe, expect, test } from 'vitest'
import { LayerError } from './layer-error.ts'

const vectors = corpus('tar-vectors')
describe.skipIf(vectors === undefined)('the tar vectors of the corpus', () => {
  const folder = vectors ?? ''
  const expected: Readonly<Record<string, Vector>> =
    vectors === undefined ? {} : JSON.parse(readFileSync(join(folder, 'expected.json'), 'latin1'))
  const names = vectors === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.tar'))

  test('every vector has an expectation', () => {
    expect(names.filter((name) => expected[name] === undefined)).toEqual([])
    expect(names).toHaveLength(18)
  })
  test.each(names)('%s is read as the runtime reads it', (name) => {
    const vector = expected[name]
    const tar = readFileSync(join(folder, name))
    const refuses = vector?.umoci === 'error' && vector.containerd !== 'ok' && name !== 'gnusparse.tar'
    const refusal = tarRefusal(tar).replace('TRUNCATED', 'MALFORMED_TAR')
    const got = refusal === 'no refusal' ? filesOf(readTar(tar)) : refusal
    expect(got).toEqual(refuses ? 'MALFORMED_TAR' : (vector?.files ?? [{ path: 'sp', size: 5_000_001 }]))
  })
  test('the old GNU sparse file, which runtimes refuse, is told', () => {
    const tar = readFileSync(join(folder, 'gnusparse.tar'))
    expect(readTar(tar).entries[0]?.ambiguities).toContain('old-gnu-sparse')
  })
  test.each(names)('%s reads the same in chunks of every size', (name) => {
    const tar = readFileSync(join(folder, name))
    for (const step of [1, 7, 511, 512, 513, 4096]) {
      expect(outcomeOf(tar, step)).toEqual(outcomeOf(tar, tar.length))
    }
  })
})

interface Vector {
  readonly umoci?: string
  readonly containerd?: string
  readonly files?: readonly { readonly path: string; readonly size: number }[]
}

/** The files as an unpacker would leave them: last one wins, paths cleaned, link sizes as umoci reports them. */
function filesOf({ entries }: ReadTar): readonly { readonly path: string; readonly size: number }[] {
  const sizes = new Map<string, number>()
  for (const entry of entries) {
    const parts: string[] = []
    for (const part of entry.path.split('/')) {
      if (part === '..') parts.pop()
      else if (part !== '' && part !== '.') parts.push(part)
    }
    const linked = entry.type === 'hardlink' ? sizes.get(entry.linkTarget) : undefined
    const size = entry.type === 'symlink' ? entry.linkTarget.length : (linked ?? entry.size)
    sizes.set(parts.join('/'), size)
  }
  return [...sizes].map(([path, size]) => ({ path, size })).toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

function outcomeOf(tar: Uint8Array, step: number): unknown {
  try {
    const { entries, remarks } = readTar(tar, step)
    return { remarks, entries: entries.map((entry) => ({ ...entry, content: digestOf(entry.content) })) }
  } catch (error) {
    if (error instanceof LayerError) return { code: error.code, message: error.message }
    throw error
  }
}
