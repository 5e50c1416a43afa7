import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { assert, json, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { embeddedTrustRoot } from './embedded-trust-root.ts'
import { parseTrustRoot } from './parse-trust-root.ts'
import { isWithin } from './public-key.ts'
import { TrustError } from './trust-error.ts'

describe('the embedded trusted root', () => {
  test('holds the public-good instance and says how old it is', async () => {
    const root = await embeddedTrustRoot()
    expect(root.origin).toEqual({ kind: 'embedded', asOf: new Date('2026-11-05T00:00:00Z') })
    expect(root.transparencyLogs.map(({ baseUrl }) => baseUrl)).toEqual([
      'https://rekor.sigstore.dev',
      'https://log2025-1.rekor.sigstore.dev',
    ])
    expect(root.certificateAuthorities).toHaveLength(2)
    expect(root.timestampAuthorities).toHaveLength(1)
    expect(root.unsupported).toEqual([])
  })

  test('its date belongs to these bytes: whoever moves the pin looks at both', () => {
    const bytes = readFileSync(createRequire(import.meta.url).resolve('@sigstore/tuf/seeds.json'))
    expect(createHash('sha256').update(bytes).digest('hex')).toMatchInlineSnapshot(
      `"4fdc34cd342c148d05221d7e76eaff941919aa6f62dfc315d5c854da78e5113a"`,
    )
  })
})

describe('parseTrustRoot', () => {
  test.each([
    ['nothing', ''],
    ['null', 'null'],
    ['another document', '{"mediaType":"application/json"}'],
    [
      'a doubled key',
      '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[],"tlogs":[]}',
    ],
    [
      'a log without a key',
      '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[{}]}',
    ],
    [
      'an authority without certificates',
      '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","certificateAuthorities":[{"certChain":{"certificates":[]}}]}',
    ],
    [
      'a certificate that is none',
      '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","certificateAuthorities":[{"certChain":{"certificates":[{"rawBytes":"AAAA"}]}}]}',
    ],
  ])('refuses %s', (_, text) => {
    expect(() => parseTrustRoot(Buffer.from(text))).toThrow(TrustError)
  })

  test('throws nothing but TrustError', () => {
    assert(
      property(json(), (text) => {
        expect(() => parseTrustRoot(Buffer.from(text))).toThrow(TrustError)
      }),
    )
  })

  test('a period holds both of its ends', () => {
    const [start, end] = [new Date(1000), new Date(2000)]
    const times = [999, 1000, 1500, 2000, 2001].map((at) => isWithin({ start, end }, new Date(at)))
    expect(times).toEqual([false, true, true, true, false])
    expect(isWithin({ start }, new Date(1e12))).toBe(true)
  })
})
