import { deflateRawSync } from 'node:zlib'
import { elfProgram, found, inspectEntries } from '@assay/test-support/inspect'
import { describe, expect, test } from 'vitest'
import type { UnseenContent } from '../../../image/content-facts.ts'
import { NestedReport } from './archive-place.ts'
import { outermost } from './inner-file.ts'
import { nestedBudget, nestedImageBudget } from './nested-budget.ts'
import { ZipSearcher } from './zip-searcher.ts'

const shell = elfProgram('GNU bash, version %s')

async function findingsFor(content: Uint8Array): Promise<readonly string[]> {
  return found(await inspectEntries([{ kind: 'file', path: 'opt/app', content }], { config: { User: '1' } }))
}

interface TwiceSaid {
  readonly name: string
  readonly method: number
  readonly stored: Buffer
  /** What the header in front of it says otherwise than the directory. */
  readonly local?: { readonly name?: string; readonly method?: number; readonly size?: number }
  readonly central?: { readonly offset?: number }
}

/** A zip as readers find its files: by the directory. */
function directoryZip(
  { name, method, stored, local = {}, central = {} }: TwiceSaid,
  before = Buffer.alloc(0),
): Buffer {
  const front = Buffer.from(local.name ?? name, 'latin1')
  const header = Buffer.alloc(30)
  header.write('PK\x03\x04', 'latin1')
  header.writeUInt16LE(local.method ?? method, 8)
  header.writeUInt32LE(local.size ?? stored.length, 18)
  header.writeUInt16LE(front.length, 26)
  const entry = Buffer.alloc(46)
  entry.write('PK\x01\x02', 'latin1')
  entry.writeUInt16LE(method, 10)
  entry.writeUInt32LE(stored.length, 20)
  entry.writeUInt16LE(name.length, 28)
  entry.writeUInt32LE(central.offset ?? 0, 42)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(46 + name.length, 12)
  end.writeUInt32LE(30 + front.length + stored.length, 16)
  return Buffer.concat([before, header, front, stored, entry, Buffer.from(name, 'latin1'), end])
}

describe('a zip whose directory and headers', () => {
  const deflated = { name: 'tool', method: 8, stored: deflateRawSync(shell) }
  const plain = { name: 'tool', method: 0, stored: Buffer.from(shell) }
  const differ = 'unseen-content /opt/app'

  test('agree is no finding, whatever stands before it', async () => {
    const small = { ...deflated, stored: deflateRawSync(Buffer.from('text')) }
    expect(await findingsFor(directoryZip(small))).toEqual([])
    expect(await findingsFor(directoryZip(small, Buffer.from('#!/bin/true\n')))).toEqual([
      'inert-script /opt/app',
    ])
    const inner = directoryZip(small)
    expect(await findingsFor(directoryZip({ name: 'a.jar', method: 0, stored: inner }))).toEqual([])
  })

  test.each<[string, TwiceSaid]>([
    ['nothing of it is there', { ...plain, local: { size: 0 } }],
    ['less of it is there', { ...plain, local: { size: 9 } }],
    ['it is a folder', { ...deflated, local: { name: 'tool/' } }],
    ['it has another name', { ...deflated, name: 'curl', local: { name: 'data' } }],
    ['it is not compressed', { ...deflated, local: { method: 0, size: 0 } }],
    ['it is compressed', { ...plain, local: { method: 8 } }],
    ['it is compressed, and can be inflated', { ...deflated, method: 0, local: { method: 8 } }],
    ['it begins where no header is', { ...deflated, central: { offset: 7 } }],
  ])('contradict each other is a finding: %s', async (_, said) => {
    expect(await findingsFor(directoryZip(said))).toContain(differ)
    expect(await findingsFor(directoryZip(said, Buffer.from('#!/bin/true\n')))).toContain(differ)
    const stored = deflateRawSync(directoryZip(said))
    const wrapped = directoryZip({ name: 'a.jar', method: 8, stored })
    expect(await findingsFor(wrapped)).toContain(`${differ}!a.jar`)
  })

  test('name a file that cannot be inflated is a finding, and what came of it is seen', async () => {
    // A block that is stored, then one of a type that there is not (RFC 1951 §3.2.3).
    const lengths = Buffer.alloc(5)
    lengths.writeUInt16LE(shell.length, 1)
    lengths.writeUInt16LE(shell.length ^ 0xffff, 3)
    const stored = Buffer.concat([lengths, shell, Buffer.from([0x07])])
    const findings = await findingsFor(directoryZip({ name: 'tool', method: 8, stored }))
    expect(findings).toContain('unseen-content /opt/app')
    expect(findings).toContain('shell /opt/app!tool')
  })

  test('do not name it, so that it is none, is no finding', async () => {
    const noise = Buffer.concat([
      Buffer.from('PK\x03\x04'),
      Buffer.alloc(22),
      Buffer.from([1, 0, 0, 0, 0x61]),
    ])
    noise.writeUInt16LE(8, 8)
    const plainFile = { name: 'data', method: 0, stored: Buffer.concat([noise, Buffer.alloc(60, 0xff)]) }
    expect(await findingsFor(directoryZip(plainFile))).toEqual([])
  })

  test('of so many files that their headers take too much memory is a finding', () => {
    const budget = { ...nestedBudget(nestedImageBudget()), headers: 2000 }
    const reading = (names: readonly string[]): readonly UnseenContent[] => {
      const report = new NestedReport(budget)
      const searcher = new ZipSearcher(outermost(report))
      for (const name of names) searcher.write(directoryZip({ name, method: 0, stored: Buffer.from('text') }))
      searcher.end()
      return report.problems
    }
    expect(reading(['a', 'b', 'c'])).toEqual([])
    // What one archive took, the next one has again.
    expect(reading(['a', 'b', 'c', 'd'])).toEqual([])
    expect(reading(['a', 'b'.repeat(900)])).toMatchObject([
      { reason: expect.stringContaining('too many files') },
    ])
  })
})
