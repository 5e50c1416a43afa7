import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseChallenges } from './challenge.ts'

function read(header: string): unknown {
  return parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])
}

test.each([
  ['Basic realm="r"', [['basic', { realm: 'r' }]]],
  [
    'Bearer realm="https://a/t",service="s", scope="repository:a/b:pull,push"',
    [['bearer', { realm: 'https://a/t', service: 's', scope: 'repository:a/b:pull,push' }]],
  ],
  ['Bearer realm=https://a/t', [['bearer', { realm: 'https://a/t' }]]],
  [String.raw`Basic realm="a \"quoted\" word"`, [['basic', { realm: 'a "quoted" word' }]]],
  [
    'Negotiate, Basic realm="r"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'r' }],
    ],
  ],
  ['Bearer realm="a",realm="b"', [['bearer', { realm: 'a' }]]],
  ['BEARER REALM="a"', [['bearer', { realm: 'a' }]]],
  ['', []],
  ['"', []],
  ['realm="a"', []],
])('%s', (header, expected) => {
  expect(read(header)).toEqual(expected)
})

test('B-19 ten thousand challenges are not read', () => {
  expect(read('Basic, '.repeat(1000))).toHaveLength(8)
  expect(read('Basic, '.repeat(10_000))).toEqual([])
})

test('reads anything without throwing', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z =",\\:/]{0,200}$/), (header) => {
      expect(parseChallenges(header).length).toBeLessThanOrEqual(8)
    }),
  )
})
