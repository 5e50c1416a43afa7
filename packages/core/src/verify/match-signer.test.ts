import { madeUpProof } from '@assay/test-support/proofs'
import { describe, expect, test } from 'vitest'
import { matchSigner } from './match-signer.ts'
import { compilePattern, type TextPattern } from './text-pattern.ts'

const subject = { kind: 'exact', value: 'release@acme.test' } as const

function codeOf(certified: string, issuer: TextPattern | undefined): string | undefined {
  const proof = madeUpProof({ identity: { subject: subject.value, issuer: certified } })
  const identity = issuer === undefined ? { subject } : { subject, issuer }
  return matchSigner(proof, { kind: 'certificate', identities: [identity] })?.code
}

describe('A-28: the issuer of an identity', () => {
  test('one that is absent is matched by no expression', async () => {
    expect(codeOf('', await compilePattern('.*'))).toBe('ISSUER_MISMATCH')
    expect(codeOf('https://id.acme.test', await compilePattern('.*'))).toBeUndefined()
  })

  test('where none is demanded, none may be there', () => {
    expect(codeOf('', undefined)).toBeUndefined()
    expect(codeOf('https://id.acme.test', undefined)).toBe('ISSUER_MISMATCH')
  })

  test('a key is no identity, an identity is no key, and no identities match nobody', () => {
    const key = madeUpProof()
    const certificate = madeUpProof({ identity: { subject: subject.value, issuer: 'https://id.acme.test' } })
    const anybody = { kind: 'certificate', identities: [] } as const
    expect(matchSigner(key, anybody)?.code).toBe('WRONG_SIGNER_KIND')
    expect(matchSigner(certificate, { kind: 'key' })?.code).toBe('WRONG_SIGNER_KIND')
    expect(matchSigner(certificate, anybody)?.code).toBe('IDENTITY_MISMATCH')
  })
})
