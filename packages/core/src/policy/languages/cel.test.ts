import { array, assert, constantFrom, json, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluateCel, maxCelLength } from './cel.ts'

const noCritical =
  "predicate.scanner.result.all(r, r.severity.all(s, !s.score.matches('^((?i:critical)|(9|10)([.][0-9])?)$')))"

function scan(...scores: readonly string[]): unknown {
  return { predicate: { scanner: { result: [{ severity: scores.map((score) => ({ score })) }] } } }
}

describe('D-29: a CEL expression', () => {
  test.each<[string, unknown, string]>([
    [noCritical, scan('low', '7.5'), 'true'],
    [noCritical, scan('low', 'CRITICAL'), 'false'],
    [noCritical, scan('9.8'), 'false'],
    [noCritical, scan(), 'true'],
    // A missing field is an error, and that is a no: the opposite of CUE.
    [noCritical, { predicate: {} }, 'false'],
    ['predicate.n == 3 && predicate.n > 2.5', { predicate: { n: 3 } }, 'true'],
    ['predicate.n == 3', { predicate: { n: '3' } }, 'false'],
    ['predicate.list[0] == null && size(predicate.list) == 2', { predicate: { list: [null, {}] } }, 'true'],
    ['has(predicate.constructor)', { predicate: {} }, 'false'],
    ['has(predicate.__proto__)', { predicate: {} }, 'false'],
    ['predicateType.startsWith("https://")', { predicateType: 'https://x' }, 'true'],
  ])('%s over %j is %s', (text, input, status) => {
    expect(evaluateCel(text, input).status).toBe(status)
  })

  test.each(['1 +', '', '"text"', '1', 'null', 'nosuch(1)', 'true true', 'x'.repeat(maxCelLength + 1)])(
    'that is none is undecided: %s',
    (text) => {
      expect(evaluateCel(text, {})).toMatchObject({ status: 'undecided', code: 'PROGRAM_UNDECIDED' })
    },
  )

  test('with a costly pattern is answered in linear time', () => {
    const started = performance.now()
    expect(evaluateCel("text.matches('^(a+)+$')", { text: `${'a'.repeat(28)}!` }).status).toBe('false')
    expect(performance.now() - started).toBeLessThan(1000)
  })

  test('is answered, whatever it is and whatever the input', () => {
    const part = constantFrom(
      'predicate',
      '.',
      'a',
      '(',
      ')',
      '==',
      '1',
      ' ',
      '"',
      '[',
      ']',
      '&&',
      '!',
      'true',
      '\n',
      '?',
      ':',
    )
    assert(
      property(array(part, { maxLength: 12 }), json(), (parts, predicate) => {
        const { status } = evaluateCel(parts.join(''), { predicate: JSON.parse(predicate) })
        expect(['true', 'false', 'undecided']).toContain(status)
      }),
      { numRuns: 500 },
    )
  })
})
