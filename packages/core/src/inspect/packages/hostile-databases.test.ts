import { found, inspectEntries } from '@assay/test-support/inspect'
import { berkeleyDatabase, rpmHeaderBlob, sqliteDatabase } from '@assay/test-support/inventory-bytes'
import { expect, test } from 'vitest'
import { rpmHeader } from './rpm/header-blob.ts'
import { rpmBerkeley, rpmSqlite } from './rpm/rpm-database.ts'

const refused = { code: 'MALFORMED_DATABASE' }

test('pages of SQLite that lead in a circle end in a refusal', () => {
  const blobs = Array.from({ length: 400 }, (_, index) =>
    rpmHeaderBlob({ 1000: `p${index}`, 1001: '1', 1002: '1' }),
  )
  const database = Buffer.from(sqliteDatabase(blobs))
  const pageSize = database.readUInt16BE(16)
  for (let page = 1; page * pageSize < database.length; page++) {
    const at = page * pageSize
    // Every child of an interior page becomes the page itself.
    if (database[at] !== 5) continue
    database.writeUInt32BE(page + 1, at + 8)
    expect(() => rpmSqlite(database, '')).toThrow(expect.objectContaining(refused))
    return
  }
  throw new Error('the database has no interior page')
})

test('a chain of Berkeley DB pages that leads in a circle ends in a refusal', () => {
  const database = Buffer.from(
    berkeleyDatabase([rpmHeaderBlob({ 1000: 'a', 1001: '1', 1002: '1', 1014: 'x'.repeat(2000) })]),
  )
  database.writeUInt32LE(2, 3 * 512 + 16)
  expect(() => rpmBerkeley(database, '')).toThrow(expect.objectContaining(refused))
})

test('a header that says it has more than there is, is refused without making room for it', () => {
  const header = Buffer.from(
    rpmHeaderBlob({ 1000: 'a', 1001: '1', 1002: '1', 1116: [0], 1117: ['a'], 1118: ['/'] }),
  )
  for (const at of [0, 4]) {
    const lying = Buffer.from(header)
    lying.writeUInt32BE(0x7fff_ffff, at)
    expect(() => rpmHeader(lying)).toThrow(expect.objectContaining(refused))
  }
  const counts = Buffer.from(header)
  counts.writeUInt32BE(0x7fff_ffff, 8 + 3 * 16 + 12)
  expect(() => rpmHeader(counts)).toThrow(expect.objectContaining(refused))
})

test('a database longer than what is read is a finding, and nothing of it counts', async () => {
  const content = Buffer.alloc(33_554_433, '\n')
  content.write('Package: a\nVersion: 1\n')
  const image = await inspectEntries([{ kind: 'file', path: 'var/lib/dpkg/status', content }])
  expect(found(image)).toContain('unread-inventory /var/lib/dpkg/status')
  expect(image.packages).toEqual([])
  expect(image.programs.undecided).toEqual([expect.stringContaining('LIMIT_EXCEEDED')])
})

test('the description of a package longer than what is read is a finding', async () => {
  // What is cut off makes it no JSON; the rest is.
  const content = `{"name":"a","version":"1"}${' '.repeat(1_048_576)}{`
  const image = await inspectEntries([{ kind: 'file', path: 'node_modules/a/package.json', content }])
  expect(found(image)).toContain('unread-inventory /node_modules/a/package.json')
  expect(image.packages).toEqual([])
})
