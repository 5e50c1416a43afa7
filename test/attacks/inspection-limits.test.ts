import { gzipSync, zstdCompressSync } from 'node:zlib'
import { elfProgram, found, inspectEntries, inspectLayers } from '@assay/test-support/inspect'
import { padded, paxHeader, tarBytes, tarHeader, type TarEntry } from '@assay/test-support/tar-bytes'
import { describe, expect, test } from 'vitest'

const user = { config: { User: '1' } }
const shell = elfProgram('GNU bash, version %s')

describe('C-21: bombs in archives', () => {
  const zeros = Buffer.alloc(100 * 1024 * 1024)
  test.each([
    ['gzip', () => gzipSync(zeros)],
    ['zstd', () => zstdCompressSync(zeros)],
  ] as const)('a file of zeros in %s stops at the ratio, and is never taken for clean', async (_, pack) => {
    const image = await inspectEntries([{ kind: 'file', path: 'opt/logs', content: pack() }], user)
    expect(image.findings).toMatchObject([
      { rule: 'unseen-content', severity: 'high', message: expect.stringMatching(/grows too much/) },
    ])
    expect(image.verdict).toBe('no')
  })
})

describe('C-24: memory for what is announced', () => {
  test('a size of a terabyte in front of nothing costs nothing, and is undecidable', async () => {
    const size = Buffer.from('800000000000010000000000', 'hex')
    const before = process.memoryUsage().arrayBuffers
    const image = await inspectEntries(
      [{ kind: 'raw', bytes: tarHeader({ name: 'a', type: '0', size }) }],
      user,
    )
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024)
    expect(image.reasons[0]).toMatch(/^layer 0: the tar ends inside an entry/)
  })
  test('a terabyte in an archive in a layer is what cannot be inspected', async () => {
    const size = Buffer.from('800000000000010000000000', 'hex')
    const content = gzipSync(tarHeader({ name: 'a', type: '0', size }))
    const image = await inspectEntries([{ kind: 'file', path: 'opt/a.tgz', content }], user)
    expect(found(image)).toEqual(['unseen-content /opt/a.tgz'])
  })
  test('an archive in an archive without end is opened to a fixed depth, and that is told', async () => {
    let content: Uint8Array = shell
    for (let depth = 0; depth < 20; depth++)
      content = gzipSync(await tarBytes([{ kind: 'file', path: 'a', content }]))
    const image = await inspectEntries([{ kind: 'file', path: 'opt/a.tgz', content }], user)
    expect(image.findings).toMatchObject([
      { rule: 'unseen-content', severity: 'high', message: expect.stringMatching(/4 archives deep/) },
    ])
  })
})

describe('C-25: a layer that is cut', () => {
  const random = Buffer.from(
    Array.from({ length: 40_000 }, (_, index) => (index * index * 7 + (index >> 5)) & 0xff),
  )
  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
    ['none', (bytes: Uint8Array) => Buffer.from(bytes)],
  ] as const)('%s, at every thousand bytes: undecidable, each time', async (compression, pack) => {
    const tar = await tarBytes([{ kind: 'file', path: 'a', content: random }])
    const whole = pack(tar)
    // A tar without its last blocks of zeros is one that Go reads, too.
    for (let end = 1000; end < whole.length - 1024; end += 1000) {
      const image = await inspectLayers([{ blob: whole.subarray(0, end), compression }], user)
      expect(image.verdict).toBe('undecidable')
    }
  })
})

describe('C-04: numbers in the place of names', () => {
  test('the PAX linkpath 0 is the path of a file', async () => {
    const target: TarEntry = { kind: 'file', path: '0', content: shell, mode: 0o755 }
    const link: TarEntry = {
      kind: 'raw',
      bytes: Buffer.concat([paxHeader({ linkpath: '0' }), tarHeader({ name: 'x', type: '1', link: 'y' })]),
    }
    expect(found(await inspectEntries([target, link], user))).toEqual(['shell /0', 'shell /x'])
  })
  test.each(['8589934593', '9007199254740993', '99999999999999999999999'])(
    'a file of %s bytes with one block is cut, and not empty',
    async (size) => {
      const bytes = Buffer.concat([
        paxHeader({ size }),
        tarHeader({ name: 'a', type: '0' }),
        padded('content'),
      ])
      expect((await inspectEntries([{ kind: 'raw', bytes }], user)).verdict).toBe('undecidable')
    },
  )
})
