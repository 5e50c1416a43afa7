import { gzipSync, zstdCompressSync } from 'node:zlib'
import { elfProgram, found, inspectEntries, inspectLayers } from '@assay/test-support/inspect'
import { gnuLong, padded, paxHeader, tarBytes, tarHeader, type TarEntry } from '@assay/test-support/tar-bytes'
import { describe, expect, test } from 'vitest'

const user = { config: { User: '1' } }
const raw = (...parts: readonly Uint8Array[]): TarEntry => ({ kind: 'raw', bytes: Buffer.concat(parts) })
const shell = elfProgram('GNU bash, version %s')
const file = (
  name: string,
  content: Uint8Array,
  rest: Partial<Parameters<typeof tarHeader>[0]> = {},
): TarEntry =>
  raw(tarHeader({ name, type: '0', size: content.length, mode: 0o755, ...rest }), padded(content))

describe('C-01: a size for the next header', () => {
  test.each([
    [
      'x(size) L file',
      [raw(paxHeader({ size: String(shell.length) }), gnuLong('L', 'opt/a')), file('a', shell, { size: 0 })],
    ],
    ['x x file', [raw(paxHeader({ path: 'etc/notes' }), paxHeader({ uid: '5' })), file('opt/a', shell)]],
    [
      'g x file',
      [raw(paxHeader({ path: 'etc/g' }, 'g'), paxHeader({ path: 'opt/a' })), file('etc/notes', shell)],
    ],
  ] as const)(
    '%s: the shell is listed where the runtime puts it, and the archive is called ambiguous',
    async (_, entries) => {
      const image = await inspectEntries(entries, user)
      expect(found(image)).toContain('shell /opt/a')
      expect(image.findings.some(({ rule }) => rule === 'ambiguous-tar')).toBe(true)
      expect(image.verdict).toBe('no')
    },
  )
  test('x K L symlink reads as Go reads it', async () => {
    const link = raw(
      paxHeader({ mtime: '0' }),
      gnuLong('K', '../app'),
      gnuLong('L', 'bin/sh'),
      tarHeader({ name: 's', type: '2', link: 'x' }),
    )
    const image = await inspectEntries([file('app', elfProgram()), link], user)
    expect(found(image)).toEqual(['ambiguous-tar /bin/sh', 'shell /bin/sh'])
  })
})

test('C-02: content behind a PAX size is content, not headers', async () => {
  const inner = Buffer.concat([tarHeader({ name: 'hidden', type: '0', size: 0 })])
  const image = await inspectEntries(
    [raw(paxHeader({ size: String(inner.length) }), tarHeader({ name: 'a', type: '0' }), inner)],
    user,
  )
  expect(image.layers[0]?.entries).toBe(1)
  expect(image.findings).toMatchObject([
    { rule: 'ambiguous-tar', severity: 'critical', evidence: { path: '/a' } },
  ])
})

describe('C-04: odd numbers and names', () => {
  const negative = Buffer.from('ffffffffffffffffffffffff', 'hex')
  test.each([
    ['a NUL in a PAX path', [raw(paxHeader({ path: 'a\0b' })), file('c', Buffer.alloc(0))]],
    ['a negative base-256 size', [file('a', Buffer.alloc(0), { size: negative })]],
    ['an octal size with a minus', [file('a', Buffer.alloc(0), { size: Buffer.from('-0000000001\0') })]],
    ['a size with garbage', [file('a', Buffer.alloc(0), { size: Buffer.from('0000000zz01\0') })]],
    [
      'a size of a terabyte with nothing behind it',
      [file('a', Buffer.alloc(0), { size: Buffer.from('800000000000010000000000', 'hex') })],
    ],
  ] as const)('%s makes the verdict undecidable', async (_, entries) => {
    expect((await inspectEntries(entries, user)).verdict).toBe('undecidable')
  })
  test.each(['12345', '0'])('the PAX path %s is a path', async (path) => {
    const image = await inspectEntries([raw(paxHeader({ path })), file('x', shell)], user)
    expect(found(image)).toEqual([`shell /${path}`])
  })
  test('an octal size with spaces is a number', async () => {
    const image = await inspectEntries(
      [file('opt/a', shell, { size: Buffer.from(`${shell.length.toString(8).padStart(11)} `) })],
      user,
    )
    expect(found(image)).toEqual(['shell /opt/a'])
  })
})

describe('C-21, C-22: bombs', () => {
  test('C-21: a gzip of zeros stops at the ratio', async () => {
    const blob = gzipSync(Buffer.alloc(200 * 1024 * 1024))
    const image = await inspectLayers([{ tar: new Uint8Array(1024), blob }], user)
    expect(image.reasons[0]).toMatch(/LIMIT_EXCEEDED/)
    expect(image.layers[0]?.uncompressedSize).toBeLessThan(100 * 1024 * 1024)
  })
  test('C-21: a zstd window of 2^31 bytes is never allocated', async () => {
    const image = await inspectLayers([{ blob: Buffer.from('28b52ffd00a8010000', 'hex') }], user)
    expect(image.reasons[0]).toMatch(/zstd window.*LIMIT_EXCEEDED/)
  })
  test.each([
    ['bytes of a path', 'n'.repeat(5000)],
    ['names in a path', 'd/'.repeat(300)],
  ])('C-21: the limit of %s is told by its name', async (limit, path) => {
    const image = await inspectEntries([raw(paxHeader({ path })), file('x', shell)], user)
    expect(image.verdict).toBe('undecidable')
    expect(image.reasons[0]).toContain(limit)
  })
  test('C-21: a path of 100 000 directories stops at the limit', async () => {
    const image = await inspectEntries(
      [raw(paxHeader({ path: 'd/'.repeat(100_000) })), file('x', shell)],
      user,
    )
    expect(image.reasons[0]).toMatch(/path.*LIMIT_EXCEEDED/)
  })
  test('C-22: a million empty gzip members are read in bounded time, and the member behind them too', async () => {
    const empty = gzipSync('')
    const tar = await tarBytes([{ kind: 'file', path: 'opt/a', content: shell, mode: 0o755 }])
    const blob = Buffer.concat([...Array.from({ length: 1_000_000 }, () => empty), gzipSync(tar)])
    const image = await inspectLayers([{ tar, blob }], user)
    expect(found(image)).toEqual(['shell /opt/a'])
  })
  test('C-22: bytes behind the gzip stream make the verdict undecidable', async () => {
    const blob = Buffer.concat([gzipSync(new Uint8Array(1024)), Buffer.alloc(512), gzipSync(shell)])
    expect((await inspectLayers([{ blob }], user)).reasons[0]).toMatch(/TRAILING_BYTES/)
  })
  test('C-22: a second zstd frame is read', async () => {
    const tar = await tarBytes([{ kind: 'file', path: 'opt/a', content: shell, mode: 0o755 }])
    const blob = Buffer.concat([zstdCompressSync(tar.subarray(0, 512)), zstdCompressSync(tar.subarray(512))])
    expect(found(await inspectLayers([{ tar, blob, compression: 'zstd' }], user))).toEqual(['shell /opt/a'])
  })
})

describe('C-25: a layer in another form than it claims', () => {
  const random = Buffer.from(
    Array.from({ length: 40_000 }, (_, index) => (index * index * 7 + (index >> 5)) & 0xff),
  )
  test.each([
    ['xz', 'fd377a585a000004'],
    ['bzip2', '425a6839314159'],
    ['lz4', '04224d1864404000'],
  ])('%s is refused by name', async (name, magic) => {
    const image = await inspectLayers([{ blob: Buffer.concat([Buffer.from(magic, 'hex'), random]) }], user)
    expect(image.reasons[0]).toContain(`got ${name}`)
  })
  test('zstd behind a gzip media type is read, and told', async () => {
    const tar = await tarBytes([{ kind: 'file', path: 'opt/a', content: shell, mode: 0o755 }])
    const image = await inspectLayers([{ tar, blob: zstdCompressSync(tar) }], user)
    expect(found(image)).toEqual(['layer-integrity', 'shell /opt/a'])
  })
})

test('C-05: a thousand aborted readings leave nothing behind', async () => {
  const blob = gzipSync(Buffer.alloc(2048, 'x'))
  for (let run = 0; run < 1000; run++) await inspectLayers([{ blob }], user)
  // oxlint-disable-next-line node/no-process-env -- not the environment: open handles of this process
  expect(process.getActiveResourcesInfo().filter((name) => /zlib|fs/i.test(name))).toEqual([])
})
