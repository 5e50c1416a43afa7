import { parseDigest } from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { attestationStatement } from './attestation-statement.ts'
import { parseStatement } from './parse-statement.ts'
import { signatureStatement } from './signature-statement.ts'

const hex = 'ab'.repeat(32)
const digest = parseDigest(`sha256:${hex}`)
const createdAt = new Date('2026-01-02T03:04:05.678Z')

describe('signatureStatement', () => {
  it("has the bytes of cosign's", () => {
    const payload = Buffer.from(signatureStatement(digest)).toString()
    expect(payload).toBe(
      `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"${hex}"}}],` +
        `"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{}}`,
    )
  })

  it('carries annotations with the subject', () => {
    const statement = parseStatement(signatureStatement(digest, { stage: 'prod' }))
    expect(statement.subject[0]?.annotations).toEqual({ stage: 'prod' })
  })

  it('refuses an annotation without a name', () => {
    expect(() => signatureStatement(digest, { '': 'x' })).toThrow(
      expect.objectContaining({ code: 'INVALID_ANNOTATION' }),
    )
  })
})

function attest(type: string, predicate: string): Uint8Array {
  return attestationStatement(digest, {
    type,
    predicate: Buffer.from(predicate),
    subjectName: 'host/repo',
    createdAt,
  })
}

describe('attestationStatement', () => {
  it('keeps the bytes of the predicate, with numbers that no parser keeps', () => {
    const predicate = '{ "bomFormat":"CycloneDX", "specVersion":"1.6", "n": 12345678901234567890.10 }'
    const payload = Buffer.from(attest('cyclonedx', predicate))
    expect(payload.includes(predicate)).toBe(true)
    const statement = parseStatement(payload)
    expect(statement.type).toBe('https://in-toto.io/Statement/v0.1')
    expect(statement.predicateType).toBe('https://cyclonedx.org/bom')
    expect(statement.subject).toEqual([{ name: 'host/repo', digest: { sha256: hex } }])
  })

  it('wraps a custom predicate with its time, whatever it is', () => {
    const { predicate } = parseStatement(attest('custom', 'not json'))
    expect(predicate).toEqual({ Data: 'not json', Timestamp: '2026-01-02T03:04:05Z' })
  })

  it('takes any URI as a type', () => {
    const { predicateType } = parseStatement(attest('https://example.test/results/v1', '{"passed":true}'))
    expect(predicateType).toBe('https://example.test/results/v1')
  })

  it.each(['{"name":"build","materials":{"a":{}}}', '{"name":"build","command":["make"],"materials":[]}'])(
    'takes a link of either form: %s',
    (predicate) => {
      expect(parseStatement(attest('link', predicate)).predicateType).toBe('https://in-toto.io/Link/v1')
    },
  )

  it('refuses a type that is neither known nor a URI', () => {
    expect(() => attest('cyclondx', '{}')).toThrow(
      expect.objectContaining({ code: 'INVALID_PREDICATE_TYPE' }),
    )
  })

  const refused: readonly (readonly [string, string, string])[] = [
    ['text that is not JSON', 'cyclonedx', 'hello'],
    ['a key that stands twice', 'https://example.test/x', '{"a":1,"a":2}'],
    ['a list', 'https://example.test/x', '[]'],
    ['an SPDX document as CycloneDX', 'cyclonedx', '{"spdxVersion":"SPDX-2.3"}'],
    ['a CycloneDX document as SPDX', 'spdxjson', '{"bomFormat":"CycloneDX","specVersion":"1.6"}'],
    ['provenance without a builder', 'slsaprovenance', '{"buildType":"x"}'],
    ['provenance v0.2 as v1', 'slsaprovenance1', '{"builder":{"id":"x"},"buildType":"x"}'],
    [
      'OpenVEX without statements of its context',
      'openvex',
      '{"@context":"https://example.test","statements":[]}',
    ],
    ['a scan without a scanner', 'vuln', '{"invocation":{},"metadata":{}}'],
    ['a link without the name of its step', 'link', '{"command":[],"materials":[]}'],
    ['a link without materials', 'link', '{"name":"build","command":[]}'],
    ['a link whose command is one text', 'link', '{"name":"build","command":"make","materials":[]}'],
    ['a byte order mark', 'https://example.test/x', '\uFEFF{}'],
    ['nothing', 'https://example.test/x', ''],
  ]
  for (const [title, type, predicate] of refused) {
    it(`refuses ${title}`, () => {
      expect(() => attest(type, predicate)).toThrow(expect.objectContaining({ code: 'MALFORMED_PREDICATE' }))
    })
  }
})
