import { expect, test } from 'vitest'
import { parseLicense } from './license.ts'

test.each([
  ['MIT', 'id'],
  ['MIT OR Apache-2.0', 'expression'],
  ['(MIT OR Apache-2.0) AND BSD-3-Clause', 'expression'],
  ['GPL-2.0-or-later WITH GCC-exception-3.1', 'expression'],
  ['LGPL-2.1-only+', 'expression'],
  ['MIT or Apache-2.0', 'name'],
  ['MIT OR Own', 'name'],
  ['MIT WITH luck', 'name'],
  ['(MIT OR ISC', 'name'],
  [')MIT(', 'name'],
  ['MIT OR', 'name'],
  ['BSD', 'name'],
  ['https://example.org/license', 'name'],
])('%s is of the kind %s', (text, kind) => {
  expect(parseLicense(text)).toEqual({ kind, text })
})
