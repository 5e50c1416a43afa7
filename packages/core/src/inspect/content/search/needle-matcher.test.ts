import { array, assert, integer, nat, oneof, property, uniqueArray, type Arbitrary } from 'fast-check'
import { expect, test } from 'vitest'
import { programSignatures } from '../program-signatures.ts'
import { needleMatcher } from './needle-matcher.ts'
import { searchBytes } from './anchor-finder.ts'

type Hit = readonly [needle: number, at: number]

function hitsOf(needles: readonly string[], block: Buffer, from: number): readonly Hit[] {
  const hits: Hit[] = []
  needleMatcher(needles).scan(block, from, (needle, at) => hits.push([needle, at]))
  return hits.toSorted(([a, atA], [b, atB]) => a - b || atA - atB)
}

/** The same, one needle after the other. */
function searched(needles: readonly string[], block: Buffer, from: number): readonly Hit[] {
  return needles.flatMap((needle, index): Hit[] => {
    const hits: Hit[] = []
    for (
      let at = block.indexOf(needle, from, 'latin1');
      at >= 0;
      at = block.indexOf(needle, at + 1, 'latin1')
    )
      hits.push([index, at])
    return hits
  })
}

const bytes = (from: number, to: number): Arbitrary<string> =>
  array(integer({ min: from, max: to }), { minLength: 4, maxLength: 12 }).map((codes) =>
    String.fromCharCode(...codes),
  )

test('finds exactly what a search for each needle finds', () => {
  // Needles of few letters overlap, and share anchors.
  const needle = oneof(bytes(0x61, 0x62), bytes(0x20, 0x7e), bytes(0, 255))
  assert(
    property(
      uniqueArray(needle, { minLength: 1, maxLength: 40 }),
      array(oneof(bytes(0x61, 0x62), bytes(0, 255), nat(39)), { maxLength: 60 }),
      nat(20),
      (needles, parts, from) => {
        const text = parts.map((part) => (typeof part === 'string' ? part : (needles[part] ?? '')))
        const block = Buffer.from(text.join(''), 'latin1')
        expect(hitsOf(needles, block, from)).toEqual(searched(needles, block, from))
      },
    ),
  )
})

test('finds needles across the borders of what is searched at a time', () => {
  const needles = programSignatures.map((signature) => signature.needle)
  const block = Buffer.alloc(3 * searchBytes, 0x41)
  for (const border of [searchBytes, 2 * searchBytes]) {
    for (let before = 0; before < 30; before++) {
      block.fill(0x41)
      for (const needle of needles.slice(0, 4)) {
        block.write(needle, border - before, 'latin1')
        expect(hitsOf(needles, block, 0)).toEqual(searched(needles, block, 0))
      }
    }
  }
})

test('finds nothing that is left over from the block before', () => {
  const matcher = needleMatcher(['needle'])
  const hits: number[] = []
  matcher.scan(Buffer.from('a needle in the hay'), 0, (_, at) => hits.push(at))
  matcher.scan(Buffer.from('a nee'), 0, (_, at) => hits.push(at))
  matcher.scan(Buffer.from('nee'), 0, (_, at) => hits.push(at))
  expect(hits).toEqual([2])
})
