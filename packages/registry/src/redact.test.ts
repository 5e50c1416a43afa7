import { expect, test } from 'vitest'
import { redact } from './redact.ts'

test.each([
  ['https://user:hunter2@host/x', 'https://***@host/x'],
  ['Authorization: Basic aHVudGVyMjpodW50ZXIy', 'Authorization: Basic ***'],
  ['bearer abcdef.ghijkl', 'bearer ***'],
  ['?X-Amz-Signature=abcdef&x=1', '?X-Amz-Signature=***&x=1'],
  ['{"password":"hunter2","a":1}', '{"password":"***","a":1}'],
  ['token=abc,scope=x', 'token=***,scope=x'],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl', '***'],
  ['red \u001b[31mtext\u0007\n', 'red \u{fffd}[31mtext\u{fffd}\u{fffd}'],
  ['turned \u202e around', 'turned \u{fffd} around'],
  ['hid\u200bden, \u061cled, tag\u{e0041}ged', 'hid\u{fffd}den, \u{fffd}led, tag\u{fffd}ged'],
  ['sha256:0123 stays, and so does a\ttab', 'sha256:0123 stays, and so does a\ttab'],
])('%j', (text, expected) => {
  expect(redact(text)).toBe(expected)
})

test('a megabyte takes no time', () => {
  const start = performance.now()
  redact('token='.repeat(200_000))
  redact('a://'.repeat(250_000))
  expect(performance.now() - start).toBeLessThan(2000)
})
