import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { jsonText } from './json-text.ts'

test.each([
  ['C1', '\u009b31m'],
  ['a line separator', '\u2028'],
  ['an override of the direction', '\u202e'],
  ['an Arabic letter mark', '\u061c'],
  ['a space without width', '\u200b'],
  ['a tag character', '\u{e0041}'],
])('%s is written as an escape, and reads back', (_, text) => {
  const written = jsonText({ [text]: text })
  expect(written).toMatch(/^[\n -~]+$/)
  expect(JSON.parse(written)).toEqual({ [text]: text })
})

test('whatever the text, it reads back', () => {
  assert(
    property(string({ unit: 'binary' }), (text) => {
      expect(JSON.parse(jsonText([text]))).toEqual([text])
    }),
  )
})
