import { assert, property, uint8Array } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCertificate } from './certificate.ts'
import { DerError, childrenOf, derTag, expectTag, readDer, readOid, readTime } from './der.ts'
import { parseTimestamp } from './timestamp-token.ts'

function hex(text: string): Uint8Array {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}

function utc(text: string): string {
  return readTime(readDer(Buffer.concat([Buffer.from([0x17, 13]), Buffer.from(text)]))).toISOString()
}

function nameOf(work: () => unknown): string {
  try {
    work()
    return 'ok'
  } catch (error) {
    return error instanceof DerError ? 'DerError' : String(error)
  }
}

describe('DER', () => {
  test.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['an indefinite length', '30 80 00 00'],
    ['a length of 4 GiB', '30 84 ff ff ff ff'],
    ['a length of five bytes', '30 85 01 00 00 00 00'],
    ['a length that is not minimal', '30 81 01 00'],
    ['a length with a leading zero', '30 82 00 80'],
    ['a value that ends too early', '04 05 00'],
    ['bytes after the value', '05 00 00'],
    ['a tag of several bytes', '1f 81 00 00'],
    ['a tag of several bytes that would fit', '1f 01 00'],
  ])('D-12, D-19: refuses %s', (_, text) => {
    expect(() => readDer(hex(text))).toThrow(DerError)
  })

  test('D-12: an OID arc of 2^32 more is another arc', () => {
    expect(readOid(readDer(hex('06 0a 2b 06 01 04 01 83 bf 30 01 08')))).toBe('1.3.6.1.4.1.57264.1.8')
    expect(readOid(readDer(hex('06 0c 2b 06 01 04 01 90 80 83 bf 30 01 08')))).toBe(
      '1.3.6.1.4.1.4295024560.1.8',
    )
    expect(() => readOid(readDer(hex('06 03 2b 80 01')))).toThrow(DerError)
    expect(() => readOid(readDer(hex('06 02 2b 81')))).toThrow(DerError)
  })

  test('D-12, D-19: nesting costs nothing, since one level is read at a time', () => {
    let bytes = Buffer.alloc(0)
    for (let depth = 0; depth < 2000; depth += 1) {
      const length = bytes.byteLength
      const head = length < 0x80 ? [0x30, length] : [0x30, 0x82, length >> 8, length & 0xff]
      bytes = Buffer.concat([
        Buffer.from(length >= 0x80 && length < 0x100 ? [0x30, 0x81, length] : head),
        bytes,
      ])
    }
    expect(childrenOf(readDer(bytes))).toHaveLength(1)
    expect(() => parseCertificate(bytes)).toThrow(DerError)
    expect(() => parseTimestamp(bytes)).toThrow(DerError)
  })

  test.each([
    '20260230120000Z',
    '20261301120000Z',
    '2026010112000Z',
    '20260101120000+0100',
    '20260101120000.5Z',
  ])('refuses the time %s', (text) => {
    const value = Buffer.concat([Buffer.from([0x18, text.length]), Buffer.from(text)])
    expect(() => readTime(readDer(value))).toThrow(DerError)
  })

  test('more values than a caller allows, another tag, an empty OID and a time that is text are refused', () => {
    const three = readDer(hex('30 06 05 00 05 00 05 00'))
    expect(childrenOf(three, 3)).toHaveLength(3)
    expect(() => childrenOf(three, 2)).toThrow(DerError)
    expect(() => expectTag(three, derTag.set)).toThrow(DerError)
    expect(() => readOid(readDer(hex('06 00')))).toThrow(DerError)
    const time = Buffer.from('20260101120000Z')
    expect(() => readTime(readDer(Buffer.concat([Buffer.from([0x04, 15]), time])))).toThrow(DerError)
  })

  test('UTCTime turns at 1950', () => {
    expect(utc('491231235959Z')).toBe('2049-12-31T23:59:59.000Z')
    expect(utc('500101000000Z')).toBe('1950-01-01T00:00:00.000Z')
  })

  test('parsers throw nothing but DerError, whatever the bytes', () => {
    assert(
      property(uint8Array({ maxLength: 200 }), (bytes) => {
        for (const parse of [readDer, parseCertificate, parseTimestamp]) {
          expect(['ok', 'DerError']).toContain(nameOf(() => parse(bytes)))
        }
      }),
    )
  })
})
