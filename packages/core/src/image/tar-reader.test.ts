import { readTar, tarRefusal } from '@assay/test-support/read-tar'
import {
  endOfArchive,
  gnuLong,
  padded,
  paxHeader,
  paxRecord,
  tarBytes,
  tarHeader,
} from '@assay/test-support/tar-bytes'
import { describe, expect, test } from 'vitest'

/** Entries as "path=content", and every ambiguity told. */
function outcome(...parts: readonly Uint8Array[]): {
  readonly files: readonly string[]
  readonly told: readonly string[]
} {
  const { entries, remarks } = readTar(Buffer.concat([...parts, endOfArchive]))
  return {
    files: entries.map((entry) => `${entry.path}=${entry.content.toString('latin1')}`),
    told: [...entries.flatMap((entry) => entry.ambiguities), ...remarks],
  }
}

const file = (
  name: string,
  content: string,
  rest: Partial<Parameters<typeof tarHeader>[0]> = {},
): Uint8Array =>
  Buffer.concat([tarHeader({ name, type: '0', size: content.length, ...rest }), padded(content)])

describe('which of several names counts', () => {
  test('a GNU long name wins over a PAX path, and that is told', () => {
    const found = outcome(gnuLong('L', 'bin/sh'), paxHeader({ path: 'doc/x' }), file('short', 'a'))
    expect(found).toEqual({ files: ['bin/sh=a'], told: ['gnu-name-over-pax'] })
  })
  test('a GNU header with a prefix field is joined with it, and that is told', () => {
    const found = outcome(file('sh', 'a', { magic: 'gnu', prefix: 'bin' }))
    expect(found).toEqual({ files: ['bin/sh=a'], told: ['gnu-prefix'] })
  })
  test('only the last of several extended headers counts', () => {
    const found = outcome(paxHeader({ path: 'one' }), paxHeader({ uid: '5' }), file('name', 'a'))
    expect(found).toEqual({ files: ['name=a'], told: ['repeated-extension'] })
  })
  test('a global header is passed over, and takes extensions before it with it', () => {
    const found = outcome(paxHeader({ path: 'one' }), paxHeader({ path: 'two' }, 'g'), file('name', 'a'))
    expect(found).toEqual({ files: ['name=a'], told: ['global-override', 'dangling-extension'] })
  })
  test('an empty PAX path keeps the name of the header', () => {
    expect(outcome(paxHeader({ path: '' }), file('name', 'a')).files).toEqual(['name=a'])
  })
  test('a PAX path that looks like a number is a path', () => {
    expect(outcome(paxHeader({ path: '12345' }), file('name', 'a')).files).toEqual(['12345=a'])
  })
})

describe('how long an entry is', () => {
  test('content of a PAX size over a header size of 0 is not read as headers', () => {
    const inner = file('hidden', 'x')
    const found = outcome(
      paxHeader({ size: String(inner.length) }),
      tarHeader({ name: 'a', type: '0' }),
      inner,
    )
    expect(found.files).toHaveLength(1)
    expect(found.told).toEqual(['pax-size-differs'])
  })
  test('a PAX size does not apply to the long name that stands between it and the file', () => {
    const found = outcome(
      paxHeader({ size: '3' }),
      gnuLong('L', 'long'),
      file('short', 'abc', { size: 0 }),
      file('b', 'c'),
    )
    expect(found).toEqual({ files: ['long=abc', 'b=c'], told: ['mixed-extensions', 'pax-size-differs'] })
  })
  test.each(['1', '2', '3', '4', '5', '6'])('type %s has no content, whatever size it claims', (type) => {
    const found = outcome(tarHeader({ name: 'a', type, size: 700 }), file('b', 'c'))
    expect(found.files).toEqual(['a=', 'b=c'])
    expect(found.told).toEqual(['size-without-content'])
  })
  test('a size beyond 8 GiB is read from base-256', () => {
    const size = Buffer.from('800000000000000000000400', 'hex')
    expect(outcome(file('a', 'x'.repeat(1024), { size })).files[0]).toHaveLength(1026)
  })
})

describe('what Go refuses is refused', () => {
  const negative = Buffer.from('ffffffffffffffffffffffff', 'hex')
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ['a wrong checksum', Buffer.from(file('a', 'x')).fill('b', 0, 1), 'MALFORMED_TAR'],
    ['a negative size', file('a', '', { size: negative }), 'MALFORMED_TAR'],
    ['a NUL in a PAX path', Buffer.concat([paxHeader({ path: 'a\0b' }), file('c', '')]), 'MALFORMED_TAR'],
    [
      'a PAX size that is no number',
      Buffer.concat([paxHeader({ size: '0x10' }), file('c', '')]),
      'MALFORMED_TAR',
    ],
    [
      'a PAX time that is no number',
      Buffer.concat([paxHeader({ mtime: '1.-5' }), file('c', '')]),
      'MALFORMED_TAR',
    ],
    ['one zero block before an entry', Buffer.concat([new Uint8Array(512), file('c', '')]), 'MALFORMED_TAR'],
    ['a tar that ends in content', file('a', 'x').subarray(0, 512), 'TRUNCATED'],
    ['a tar that ends in a header', file('a', 'x').subarray(0, 100), 'TRUNCATED'],
    ['a PAX header of 2 MiB', tarHeader({ name: 'x', type: 'x', size: 2 * 1024 * 1024 }), 'LIMIT_EXCEEDED'],
    [
      'a size of 2^62',
      file('a', '', { size: Buffer.from('804000000000000000000000', 'hex').fill(0x40, 4, 5).fill(0, 1, 4) }),
      'LIMIT_EXCEEDED',
    ],
    [
      'a sparse file with a terabyte of holes',
      Buffer.concat([
        paxHeader({
          'GNU.sparse.map': '0,1',
          'GNU.sparse.numblocks': '1',
          'GNU.sparse.size': String(2 ** 40),
        }),
        file('a', 'x'),
      ]),
      'LIMIT_EXCEEDED',
    ],
    [
      'a sparse map that overlaps itself',
      Buffer.concat([
        paxHeader({ 'GNU.sparse.map': '0,2,1,1', 'GNU.sparse.numblocks': '2', 'GNU.sparse.size': '9' }),
        file('a', 'xyz'),
      ]),
      'MALFORMED_TAR',
    ],
    [
      'a sparse map that promises other data than there is',
      Buffer.concat([
        paxHeader({ 'GNU.sparse.map': '0,2', 'GNU.sparse.numblocks': '1', 'GNU.sparse.size': '9' }),
        file('a', 'xyz'),
      ]),
      'MALFORMED_TAR',
    ],
  ]
  test.each(cases)('%s', (_, tar, code) => {
    expect(tarRefusal(tar)).toBe(code)
  })
  test('a record whose length does not end it', () => {
    const record = Buffer.from(paxRecord('path', 'abc'))
    record.write('99', 0)
    const header = Buffer.concat([tarHeader({ name: 'x', type: 'x', size: record.length }), padded(record)])
    expect(tarRefusal(Buffer.concat([header, file('a', '')]))).toBe('MALFORMED_TAR')
  })
})

test('a record that ends in no newline is refused', () => {
  const record = Buffer.from(paxRecord('path', 'abc'))
  record.write('!', record.length - 1)
  const header = Buffer.concat([tarHeader({ name: 'x', type: 'x', size: record.length }), padded(record)])
  expect(tarRefusal(Buffer.concat([header, file('a', '')]))).toBe('MALFORMED_TAR')
})

test('bytes after the end of the archive are told, and are not entries', () => {
  const found = outcome(file('a', 'x'), endOfArchive, file('bin/sh', 'x'))
  expect(found).toEqual({ files: ['a=x'], told: ['bytes-after-end'] })
})

test('zeros after the end of the archive are ordinary padding', () => {
  expect(outcome(file('a', 'x'), new Uint8Array(10240)).told).toEqual([])
})

test('xattrs keep their bytes', async () => {
  const value = Uint8Array.of(1, 0, 0, 2, 0xff, 0xfe, 0)
  const tar = await tarBytes([
    { kind: 'file', path: 'a', content: '', xattrs: { 'security.capability': value } },
  ])
  const [entry] = readTar(tar).entries
  expect(Buffer.from(entry?.xattrs?.get('security.capability') ?? '', 'latin1')).toEqual(Buffer.from(value))
})

test('sparse files are filled: maps in records', () => {
  const records = {
    'GNU.sparse.map': '2,1,5,2',
    'GNU.sparse.numblocks': '2',
    'GNU.sparse.size': '9',
    'GNU.sparse.name': 'sp',
  }
  const found = outcome(paxHeader(records), file('GNUSparseFile/sp', 'abc'))
  expect(found).toEqual({ files: ['sp=\0\0a\0\0bc\0\0'], told: ['sparse'] })
})
