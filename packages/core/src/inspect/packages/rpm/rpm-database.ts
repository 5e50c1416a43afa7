import {
  checkPackageCount,
  malformed,
  type DatabaseContent,
  type DatabaseReader,
  type FileClaim,
  type PackageRecord,
} from '../databases/database.ts'
import { berkeleyValues } from './berkeley-db.ts'
import { rpmHeader } from './header-blob.ts'
import { ndbBlobs } from './ndb.ts'
import { sqliteRows } from './sqlite-table.ts'
import { withWriteAhead } from './sqlite-wal.ts'

/** `rpmdb.sqlite`: one header blob a row. What was written last may still stand in the log beside it. */
export const rpmSqlite: DatabaseReader = (content, _, beside) => {
  const log = beside?.('-wal')
  return read(sqliteBlobs(log === undefined ? content : withWriteAhead(content, log)))
}

/** `Packages.db`, rpm's own format. */
export const rpmNdb: DatabaseReader = (content) => read(ndbBlobs(content))

/** `Packages`, a hash of Berkeley DB; the value of one key is a counter of four bytes. */
export const rpmBerkeley: DatabaseReader = (content) => read(longValues(content))

function* sqliteBlobs(content: Buffer): Generator<Buffer> {
  for (const [, blob] of sqliteRows(content, 'Packages')) {
    if (!Buffer.isBuffer(blob)) throw malformed('a package is no blob')
    yield blob
  }
}

function* longValues(content: Buffer): Generator<Buffer> {
  for (const value of berkeleyValues(content)) if (value.length > 8) yield value
}

function read(blobs: Iterable<Buffer>): DatabaseContent {
  const packages: PackageRecord[] = []
  const files: FileClaim[] = []
  for (const blob of blobs) {
    const content = rpmHeader(blob)
    packages.push(...content.packages)
    for (const file of content.files) files.push(file)
    checkPackageCount(packages.length)
  }
  return { packages, files }
}
