import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const table = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
const rows = [...table.matchAll(/^\| ([A-J]-\d\d?|H) +\| (.+?) +\|$/gm)].map(([, id = '', where = '']) => ({
  id,
  where,
}))

/** The ids in the titles of a test file. */
function idsIn(file: string): ReadonlySet<string> {
  const text = readFileSync(join(root, file), 'utf8')
  return new Set(text.match(/\b[A-J]-\d\d?\b|\bH(?=:)/g))
}

test('every attack has one row', () => {
  const ids = rows.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.length).toBeGreaterThan(200)
})

/** What is wrong with a row, if anything. */
function fault({ id, where }: (typeof rows)[number]): string | undefined {
  const files = [...where.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, file = '']) => file)
  if (files.length === 0 && !/^(?:n\/a\b.{10,}|not built(?:: .+)?)$/.test(where)) return `${id}: ${where}`
  const wrong = files.find((file) => !existsSync(join(root, file)) || !idsIn(file).has(id))
  return wrong === undefined ? undefined : `${id} is not in ${wrong}`
}

test('a row says where the test is, why there is none, or that it is not built', () => {
  expect(rows.map(fault).filter((found) => found !== undefined)).toEqual([])
})
