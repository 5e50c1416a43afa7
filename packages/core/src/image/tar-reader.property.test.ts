import { readTar, tarRefusal } from '@assay/test-support/read-tar'
import { endOfArchive, padded, paxHeader, tarBytes, tarHeader } from '@assay/test-support/tar-bytes'
import * as fc from 'fast-check'
import { extract } from 'tar-stream'
import { describe, expect, test } from 'vitest'

const file = (name: string, content: string): Uint8Array =>
  Buffer.concat([tarHeader({ name, type: '0', size: content.length }), padded(content)])

describe('properties', () => {
  const name = fc.stringMatching(/^[a-z0-9._-]{1,60}$/).filter((text) => text !== '.' && text !== '..')
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
  const entry = fc.oneof(
    fc.record({
      kind: fc.constant('file' as const),
      path,
      content: fc.uint8Array({ maxLength: 3000 }),
      mode: fc.integer({ min: 0, max: 0o7777 }),
    }),
    fc.record({ kind: fc.constant('directory' as const), path }),
    fc.record({ kind: fc.constantFrom('symlink' as const, 'hardlink' as const), path, target: path }),
  )
  test('ordinary tars read as tar-stream reads them, in chunks of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 8 }),
        fc.integer({ min: 1, max: 2000 }),
        async (entries, step) => {
          const tar = await tarBytes(entries)
          const { entries: ours, remarks } = readTar(tar, step)
          expect(
            ours.map((one) => [
              one.path.replace(/\/$/, ''),
              one.size,
              one.mode,
              one.linkTarget,
              one.content.toString('hex'),
            ]),
          ).toEqual(await peerEntries(tar))
          expect([...remarks, ...ours.flatMap((one) => one.ambiguities)]).toEqual([])
        },
      ),
      { numRuns: 100 },
    )
  })
  test('any bytes are read or refused, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(2000), (noise, at) => {
        const tar = Buffer.concat([paxHeader({ path: 'a', size: '5' }), file('b', 'hello'), endOfArchive])
        tar.set(noise.subarray(0, Math.max(0, tar.length - at)), at)
        expect(['read', 'MALFORMED_TAR', 'TRUNCATED', 'LIMIT_EXCEEDED']).toContain(outcomeOf(tar))
      }),
    )
  })
})

async function peerEntries(tar: Uint8Array): Promise<readonly unknown[]> {
  const found: unknown[] = []
  const stream = extract()
  stream.end(tar)
  for await (const peer of stream) {
    const chunks: Buffer[] = []
    for await (const chunk of peer) if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk))
    const { header } = peer
    found.push([
      header.name,
      header.size,
      header.mode,
      header.linkname ?? '',
      Buffer.concat(chunks).toString('hex'),
    ])
  }
  return found
}

function outcomeOf(tar: Uint8Array): string {
  const refusal = tarRefusal(tar)
  return refusal === 'no refusal' ? 'read' : refusal
}
