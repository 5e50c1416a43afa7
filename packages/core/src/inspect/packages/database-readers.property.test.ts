import {
  berkeleyDatabase,
  chiselWall,
  crateList,
  elfWithSections,
  goBuildInfo,
  ndbDatabase,
  rpmHeaderBlob,
  sqliteDatabase,
  zipOf,
} from '@assay/test-support/inventory-bytes'
import { array, assert, nat, oneof, property, record, uint8Array, type Arbitrary } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ElfSections } from '../content/capture/elf-sections.ts'
import { goModules } from '../content/capture/go-build-info.ts'
import { javaArtifacts } from '../content/capture/java-archive.ts'
import { javaRuntime } from '../content/capture/java-runtime.ts'
import { npmPackage } from '../content/capture/npm-package.ts'
import { pythonDistribution } from '../content/capture/python-metadata.ts'
import { rustCrates } from '../content/capture/rust-crates.ts'
import { apkInstalled } from './databases/apk.ts'
import { chiselManifest } from './databases/chisel.ts'
import { DatabaseError, type DatabaseReader } from './databases/database.ts'
import { dpkgFiles, dpkgStatus } from './databases/dpkg.ts'
import { pythonRecord } from './databases/python-record.ts'
import { rpmManifest } from './databases/rpm-manifest.ts'
import { rpmBerkeley, rpmNdb, rpmSqlite } from './rpm/rpm-database.ts'

const header = rpmHeaderBlob({
  1000: 'a',
  1001: '1',
  1002: '2',
  1035: ['0'.repeat(64)],
  1037: [0],
  1116: [0],
  1117: ['a'],
  1118: ['/'],
  5011: [8],
})
/** Longer than a page. */
const longHeader = rpmHeaderBlob({ 1000: 'b', 1001: '1', 1002: '2', 1014: 'x'.repeat(9000) })

const readers: Readonly<Record<string, readonly [DatabaseReader, Uint8Array]>> = {
  dpkgStatus: [dpkgStatus, Buffer.from('Package: a\nVersion: 1\n\n')],
  dpkgFiles: [dpkgFiles, Buffer.from(`${'0'.repeat(32)}  usr/a\n`)],
  apkInstalled: [apkInstalled, Buffer.from('P:a\nV:1\nF:usr\nR:a\nZ:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n')],
  chiselManifest: [
    chiselManifest,
    chiselWall([{ kind: 'path', path: '/a', slices: ['a_b'], sha256: '0'.repeat(64) }]),
  ],
  pythonRecord: [pythonRecord, Buffer.from(`a.py,sha256=${'A'.repeat(43)},1\n`)],
  rpmManifest: [rpmManifest, Buffer.from('a\t1\t1\t1\tv\t0\t1\tx\t0\ts\n')],
  rpmSqlite: [rpmSqlite, sqliteDatabase([header, longHeader])],
  rpmNdb: [rpmNdb, ndbDatabase([header, header])],
  rpmBerkeley: [rpmBerkeley, berkeleyDatabase([header, longHeader])],
}

/** Real content with bytes changed, cut or repeated, and content that is none at all. */
function hostile(real: Uint8Array): Arbitrary<Buffer> {
  const change = record({
    at: nat(real.length - 1),
    bytes: uint8Array({ minLength: 1, maxLength: 8 }),
  })
  const changed = array(change, { minLength: 1, maxLength: 6 }).map((changes) => {
    const content = Buffer.from(real)
    for (const { at, bytes } of changes) content.set(bytes.subarray(0, content.length - at), at)
    return content
  })
  const cut = nat(real.length).map((length) => Buffer.from(real.subarray(0, length)))
  return oneof(
    changed,
    cut,
    uint8Array({ maxLength: 512 }).map((bytes) => Buffer.from(bytes)),
  )
}

describe.each(Object.entries(readers))('%s', (_, [reader, real]) => {
  test('reads what is real', () => {
    const { packages, files } = reader(Buffer.from(real), 'x/a-1.dist-info/RECORD')
    expect(packages.length + files.length).toBeGreaterThan(0)
  })
  test('throws nothing but its own error on what is not', () => {
    assert(
      property(hostile(real), (content) => {
        expect(otherError(() => reader(content, 'x/a-1.dist-info/RECORD'))).toBeUndefined()
      }),
      { numRuns: 200 },
    )
  })
})

/** What a step throws, unless it is the error that readers may throw. */
function otherError(step: () => void): unknown {
  try {
    step()
    return undefined
  } catch (error) {
    return error instanceof DatabaseError ? undefined : error
  }
}

const jar = zipOf({ 'META-INF/MANIFEST.MF': 'Bundle-Version: 1\n', 'a.jar': zipOf({ b: 'c' }) })
const tellers: Readonly<Record<string, readonly [(content: Buffer) => unknown, Uint8Array]>> = {
  goModules: [goModules, goBuildInfo('go1.24', 'path\ta\nmod\ta\tv1\t\n')],
  rustCrates: [rustCrates, crateList([{ name: 'a', version: '1' }])],
  npmPackage: [npmPackage, Buffer.from('{"name":"a","version":"1","license":{"type":"MIT"}}')],
  pythonDistribution: [pythonDistribution, Buffer.from('Name: a\nVersion: 1\n')],
  javaRuntime: [javaRuntime, Buffer.from('JAVA_VERSION="21"\n')],
  javaArtifacts: [(content) => javaArtifacts(content, 'a.jar'), jar],
}

describe.each(Object.entries(tellers))('%s', (_, [tell, real]) => {
  test('never throws', () => {
    assert(
      property(hostile(real), (content) => {
        expect(tell(content)).toHaveProperty('components')
      }),
      { numRuns: 200 },
    )
  })
})

test('ElfSections never throws, and finds sections within the file', () => {
  const real = Buffer.from(elfWithSections({ '.dep-v0': Buffer.from('x') }))
  expect(sectionIn(real)).toEqual({ offset: 64, size: 1 })
  assert(
    property(hostile(real), (content) => {
      expect(typeof sectionIn(content)).toMatch(/^(?:undefined|object)$/)
    }),
  )
})

function sectionIn(content: Buffer): unknown {
  const sections = new ElfSections(content)
  sections.write(content)
  return sections.named([content.indexOf('.dep-v0')])
}
