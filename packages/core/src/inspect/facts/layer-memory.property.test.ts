import { buildImage, type LayerDescription } from '@assay/test-support/image-builder'
import { elfProgram } from '@assay/test-support/inspect'
import type { TarEntry } from '@assay/test-support/tar-bytes'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { listFiles } from '../files/list-files.ts'
import { inspectImage } from '../inspect-image.ts'
import type { FactsStore } from './facts-store.ts'

const name = fc.constantFrom(
  'bin',
  'sh',
  'etc',
  'app',
  'lib',
  'a b',
  'ü',
  '\u0001',
  '.wh.app',
  '.wh..wh..opq',
)
const path = fc.oneof(
  fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
  fc.constantFrom(
    'etc/passwd',
    'usr/lib/os-release',
    'var/lib/dpkg/status',
    'var/lib/dpkg/info/app.md5sums',
    './../x',
    '/abs',
    `${'deep/'.repeat(30)}x`,
  ),
)
const content = fc.oneof(
  fc.constantFrom<string | Uint8Array>(
    '',
    '#!/bin/sh\n',
    'root:x:0:0::/:\n',
    'Package: app\nVersion: 1\n\n',
    'ID=debian\n',
    '-----BEGIN PRIVATE KEY-----\n',
    'PK\u0003\u0004',
  ),
  fc.constantFrom('GNU bash, version %s', 'BusyBox v1', 'UPX!', 'nothing').map((text) => elfProgram(text)),
  fc.uint8Array({ maxLength: 700 }),
)
const xattrs = fc.constantFrom({}, { 'security.capability': Buffer.from('0100000200ff', 'hex') })
const numbers = {
  mode: fc.constantFrom(0o644, 0o755, 0o4755, 0o777),
  uid: fc.constantFrom(0, 65_532, 3_000_000),
}
const entry: fc.Arbitrary<TarEntry> = fc.oneof(
  fc.record({ kind: fc.constant('file' as const), path, content, xattrs, ...numbers }),
  fc.record({ kind: fc.constant('directory' as const), path, ...numbers }),
  fc.record({ kind: fc.constantFrom('symlink' as const, 'hardlink' as const), path, target: path }),
  fc.record({ kind: fc.constant('device' as const), path, major: fc.nat(3), minor: fc.nat(3) }),
  fc.record({ kind: fc.constant('fifo' as const), path }),
)
const layer: fc.Arbitrary<LayerDescription> = fc.record({
  entries: fc.array(entry, { maxLength: 8 }),
  compression: fc.constantFrom('gzip', 'zstd', 'none'),
})

/** Remembers in memory, with or without whole reports, and counts what it gave. */
function memory(reports: boolean): FactsStore & { readonly given: () => number } {
  const known = new Map<string, Buffer>()
  let given = 0
  return {
    get: async (key) => {
      const bytes = known.get(key)
      if (bytes !== undefined) given += 1
      return await Promise.resolve(bytes)
    },
    put: async (key, bytes) => {
      // With a report no layer is asked for.
      if (reports || !key.startsWith('["report"')) known.set(key, bytes)
      await Promise.resolve()
    },
    refuse: (_, reason) => {
      throw reason
    },
    given: () => given,
  }
}

const layerStack = fc.array(layer, { minLength: 1, maxLength: 4 })

test('a report is the same, byte for byte, without memory, while it fills, and from it', async () => {
  await fc.assert(
    fc.asyncProperty(layerStack, fc.boolean(), fc.boolean(), async (layers, files, reports) => {
      const image = await buildImage({ layers })
      const facts = memory(reports)
      const inspected = async (more: { readonly facts?: FactsStore }): Promise<string> =>
        JSON.stringify(
          await inspectImage(image.source, image.descriptor, { reference: 'any', files, ...more }),
        )
      const plain = await inspected({})
      expect(await inspected({ facts })).toBe(plain)
      const before = facts.given()
      expect(await inspected({ facts })).toBe(plain)
      expect(facts.given()).toBeGreaterThan(before)
    }),
    { numRuns: 60 },
  )
})

test('a listing is the same from memory', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(layer, { minLength: 1, maxLength: 3 }), async (layers) => {
      const image = await buildImage({ layers })
      const facts = memory(true)
      const listed = async (more: { readonly facts?: FactsStore }): Promise<string> =>
        JSON.stringify(
          await listFiles(image.source, image.descriptor, { reference: 'any', view: 'layers', ...more }),
        )
      const plain = await listed({})
      expect(await listed({ facts })).toBe(plain)
      expect(await listed({ facts })).toBe(plain)
    }),
    { numRuns: 25 },
  )
})
