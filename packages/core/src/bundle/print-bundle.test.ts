import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseBundle } from './parse-bundle.ts'
import { printBundle } from './print-bundle.ts'
import type { SignedBundle } from './signed-bundle.ts'

const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((array) => Buffer.from(array))
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((array) => Buffer.from(array))
const count = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })
const entry = fc.record({
  logIndex: count,
  logId: hash,
  kind: fc.constantFrom('dsse', 'hashedrekord'),
  version: fc.constantFrom('0.0.1', '0.0.2'),
  integratedTime: count,
  promise: bytes,
  proof: fc.record({
    logIndex: count,
    treeSize: count,
    rootHash: hash,
    hashes: fc.array(hash, { maxLength: 5 }),
    checkpoint: fc.string({ minLength: 1 }),
  }),
  body: bytes,
})
const bundle: fc.Arbitrary<SignedBundle> = fc.record({
  format: fc.constant<'v0.3'>('v0.3'),
  content: fc.oneof(
    fc.record({
      kind: fc.constant<'dsse'>('dsse'),
      payloadType: fc.string({ minLength: 1 }),
      payload: bytes,
      signature: bytes,
    }),
    fc.record({
      kind: fc.constant<'message'>('message'),
      signature: bytes,
      digest: fc.record({ algorithm: fc.constantFrom('sha256', 'sha384', 'sha512'), value: bytes }),
    }),
  ),
  key: fc.oneof(
    fc.record({
      kind: fc.constant<'certificate'>('certificate'),
      certificate: bytes,
      others: fc.constant([]),
    }),
    fc.record({ kind: fc.constant<'hint'>('hint'), hint: fc.string({ minLength: 1 }) }),
  ),
  logEntries: fc.array(entry, { maxLength: 3 }),
  timestamps: fc.array(bytes, { maxLength: 3 }),
})

it('prints what the parser reads back as the same bundle', () => {
  fc.assert(
    fc.property(bundle, (value) => {
      expect(parseBundle(printBundle(value))).toEqual(value)
    }),
  )
})
