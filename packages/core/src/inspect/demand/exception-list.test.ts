import { assert, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isCurrent } from './exception.ts'
import { ExceptionListError } from './exception-list-error.ts'
import { parseExceptionList } from './exception-list.ts'

const entry = (lines: string): string => `exceptions:\n  - ${lines.split('\n').join('\n    ')}\n`
const sound = 'rule: interpreter\npath: /usr/bin/gawk\nreason: reports need it\nexpires: 2027-01-31'

test('a list is read', () => {
  expect(parseExceptionList(entry(sound), 'x.yaml')).toEqual([
    { rule: 'interpreter', path: '/usr/bin/gawk', reason: 'reports need it', expires: '2027-01-31' },
  ])
  expect(parseExceptionList('{"exceptions":[]}', 'x.json')).toEqual([])
})

describe('a list is refused with its place', () => {
  test.each([
    ['no YAML', 'exceptions: [', 'x.yaml:1'],
    ['a key twice', 'exceptions: []\nexceptions: []', 'x.yaml:2'],
    ['another top', '- rule: shell', 'x.yaml:1'],
    ['an unknown top key', 'exceptions: []\nallow: []', 'x.yaml:1'],
    ['an unknown key', entry(`${sound}\nexpire: 2028-01-01`), 'x.yaml:2'],
    ['no rule', entry('reason: x\nexpires: 2027-01-31'), 'x.yaml:2'],
    ['no reason', entry('rule: shell\nexpires: 2027-01-31'), 'x.yaml:2'],
    ['an empty reason', entry('rule: shell\nreason: " "\nexpires: 2027-01-31'), 'x.yaml:2'],
    ['no end', entry('rule: shell\nreason: x'), 'x.yaml:2'],
    ['a day that does not exist', entry('rule: shell\nreason: x\nexpires: 2027-02-30'), 'x.yaml:2'],
    ['a path without slash', entry('rule: shell\npath: bin/sh\nreason: x\nexpires: 2027-01-31'), 'x.yaml:2'],
    ['a short digest', entry('rule: shell\nsha256: ab\nreason: x\nexpires: 2027-01-31'), 'x.yaml:2'],
    ['a number for a text', entry('rule: 1\nreason: x\nexpires: 2027-01-31'), 'x.yaml:2'],
    ['an alias', `${entry(sound)}  - &a rule\n  - *a`, 'x.yaml:6'],
  ])('%s', (_, text, on) => {
    expect(() => parseExceptionList(text, 'x.yaml')).toThrow(
      expect.objectContaining({ code: 'INVALID_EXCEPTION_LIST', on }),
    )
  })
  test('and nothing but its own error is thrown', () => {
    assert(
      property(string(), (text) => {
        expect(['read', 'refused']).toContain(outcome(text))
      }),
    )
  })
})

test('an exception counts until its last day is over', () => {
  const exception = { rule: 'shell', reason: 'x', expires: '2027-01-31' }
  expect(isCurrent(exception, new Date('2027-01-31T23:59:59Z'))).toBe(true)
  expect(isCurrent(exception, new Date('2027-02-01T00:00:00Z'))).toBe(false)
})

function outcome(text: string): string {
  try {
    parseExceptionList(text, 'x')
    return 'read'
  } catch (error) {
    return error instanceof ExceptionListError ? 'refused' : String(error)
  }
}
