import { expect, test } from 'vitest'
import { auditCsv } from './audit-csv.ts'

test('a cell that a spreadsheet would run is text, and quotes stay quoted', () => {
  const error = { code: 'NOT_FOUND', message: 'no "such", image\nhere' }
  const lines = auditCsv([
    { image: '=HYPERLINK("x")', error },
    { image: '@SUM(1)', error: { code: '-1', message: '+1' } },
  ]).split('\r\n')
  expect(lines[1]).toMatch(/^"'=HYPERLINK\(""x""\)",,,error,,,,,,,,,,NOT_FOUND,"no ""such"", image/)
  expect(lines[2]).toBe("'@SUM(1),,,error,,,,,,,,,,'-1,'+1,,")
})
