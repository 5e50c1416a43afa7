import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RegistryError } from '../errors.ts'
import { parseStrictJson, type JsonValue } from './strict-json.ts'

function read(text: string, limits: { maxDepth?: number; maxValues?: number } = {}): JsonValue {
  return parseStrictJson(new TextEncoder().encode(text), { on: 'test', ...limits })
}

function codeOf(run: () => unknown): string {
  try {
    run()
    return 'read'
  } catch (error) {
    if (error instanceof RegistryError) return error.code
    throw error
  }
}

test('reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'grapheme' }), (text) => {
      const value = JSON.parse(text)
      expect(JSON.stringify(read(text))).toBe(JSON.stringify(value))
    }),
  )
})

test('reads or refuses any text, and never reads what JSON.parse refuses', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[[\]{}",:\\0-9a-u.eE+ -]{0,30}$/), (text) => {
      const code = codeOf(() => read(text))
      expect(['read', 'MALFORMED_CONTENT', 'LIMIT_EXCEEDED']).toContain(code)
      if (code === 'read') JSON.parse(text)
    }),
    { numRuns: 2000 },
  )
})

describe('refuses what readers disagree about', () => {
  test.each([
    ['a key twice', '{"a":1,"a":2}', 'MALFORMED_CONTENT'],
    ['a key twice, once escaped', String.raw`{"a":1,"\u0061":2}`, 'MALFORMED_CONTENT'],
    ['a key twice, deep inside', '{"x":[{"a":{"b":1,"b":1}}]}', 'MALFORMED_CONTENT'],
    ['half of a surrogate pair', String.raw`"\ud800"`, 'MALFORMED_CONTENT'],
    ['a byte order mark', '\u{feff}{}', 'MALFORMED_CONTENT'],
    ['two values', '{} {}', 'MALFORMED_CONTENT'],
    ['nothing', '', 'MALFORMED_CONTENT'],
    ['a comment', '{/* */}', 'MALFORMED_CONTENT'],
    ['a trailing comma', '[1,]', 'MALFORMED_CONTENT'],
    ['a leading zero', '01', 'MALFORMED_CONTENT'],
    ['an infinite number', '1e999', 'MALFORMED_CONTENT'],
    ['a raw newline in a string', '"a\nb"', 'MALFORMED_CONTENT'],
    ['an unfinished string', '"a', 'MALFORMED_CONTENT'],
    ['an unfinished escape', '"a\\', 'MALFORMED_CONTENT'],
    ['a bad escape', String.raw`"\x41"`, 'MALFORMED_CONTENT'],
  ])('%s', (_name, text, code) => {
    expect(codeOf(() => read(text))).toBe(code)
  })

  test('bytes that are not UTF-8', () => {
    expect(codeOf(() => parseStrictJson(new Uint8Array([0x22, 0xff, 0x22]), { on: 'test' }))).toBe(
      'MALFORMED_CONTENT',
    )
  })
})

describe('limits', () => {
  test('depth', () => {
    expect(codeOf(() => read('['.repeat(32) + ']'.repeat(32)))).toBe('read')
    expect(codeOf(() => read('['.repeat(33) + ']'.repeat(33)))).toBe('LIMIT_EXCEEDED')
    expect(codeOf(() => read('['.repeat(1_000_000)))).toBe('LIMIT_EXCEEDED')
    expect(codeOf(() => read('{"a":'.repeat(1_000_000)))).toBe('LIMIT_EXCEEDED')
  })

  test('values and keys', () => {
    expect(codeOf(() => read('[1,2]', { maxValues: 3 }))).toBe('read')
    expect(codeOf(() => read('[1,2,3]', { maxValues: 3 }))).toBe('LIMIT_EXCEEDED')
    expect(codeOf(() => read('{"a":1}', { maxValues: 2 }))).toBe('LIMIT_EXCEEDED')
  })
})

test('a string of megabytes is read', () => {
  expect(read(`"${'a'.repeat(4_000_000)}"`)).toHaveLength(4_000_000)
})

test('__proto__ is a key like any other', () => {
  const value = read('{"__proto__":{"polluted":true}}')
  expect(Object.keys(value ?? {})).toEqual(['__proto__'])
  expect('polluted' in {}).toBe(false)
})

test('somebody may stop waiting in the middle of it', () => {
  const bytes = Buffer.from(JSON.stringify(Array.from({ length: 10_000 }, () => 0)))
  let asked = 0
  const interrupt = (): void => {
    asked += 1
    if (asked === 3) throw new RegistryError('ABORTED', 'enough')
  }
  expect(codeOf(() => parseStrictJson(bytes, { on: 'test', interrupt }))).toBe('ABORTED')
  expect(asked).toBe(3)
})
