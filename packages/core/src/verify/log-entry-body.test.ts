import { describe, expect, test } from 'vitest'
import { VerificationError } from '../refusal/verification-error.ts'
import { readLogEntryBody } from './log-entry-body.ts'

const pem = Buffer.from('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n').toString('base64')
const hash = { algorithm: 'sha256', value: 'ab'.repeat(32) }
const digest = { algorithm: 'SHA2_256', digest: Buffer.alloc(32, 1).toString('base64') }
const verifier = { publicKey: { rawBytes: 'AAAA' }, keyDetails: 'PKIX_ECDSA_P256_SHA_256' }

/** A body of each kind, as its log writes it. */
const specs: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'rekord/0.0.1': {
    data: { hash },
    signature: { format: 'x509', content: 'AAAA', publicKey: { content: pem } },
  },
  'hashedrekord/0.0.2': {
    hashedRekordV002: { data: digest, signature: { content: 'AAAA', verifier } },
  },
  'dsse/0.0.1': {
    payloadHash: hash,
    envelopeHash: hash,
    signatures: [{ signature: 'AAAA', verifier: pem }],
  },
  'intoto/0.0.1': { content: { hash, payloadHash: hash }, publicKey: pem },
}

function codeOf(kind: string, spec: unknown, says = kind): string {
  const [name = '', version = ''] = says.split('/')
  const [bodyName, apiVersion] = kind.split('/')
  const body = Buffer.from(JSON.stringify({ kind: bodyName, apiVersion, spec }))
  const entry = { kind: name, version, body, logIndex: 1n, logId: new Uint8Array(), integratedTime: 1n }
  try {
    readLogEntryBody(entry)
    return 'ok'
  } catch (error) {
    if (error instanceof VerificationError) return error.code
    throw error
  }
}

describe('readLogEntryBody', () => {
  test.each(Object.entries(specs))('reads %s', (kind, spec) => {
    expect(codeOf(kind, spec)).toBe('ok')
  })

  test('A-09: a kind that the bundle does not say, and one that nobody knows', () => {
    expect(codeOf('dsse/0.0.1', specs['dsse/0.0.1'], 'hashedrekord/0.0.1')).toBe('LOG_ENTRY_MISMATCH')
    expect(codeOf('foo/0.0.1', {})).toBe('UNSUPPORTED_FORMAT')
    expect(codeOf('hashedrekord/0.0.3', specs['hashedrekord/0.0.2'])).toBe('UNSUPPORTED_FORMAT')
  })

  test.each<[string, string, Readonly<Record<string, unknown>>]>([
    ['rekord/0.0.1', 'a signature of another format', { signature: { ...signatureOf('pgp') } }],
    [
      'dsse/0.0.1',
      'two signatures',
      { signatures: Array.from({ length: 2 }, () => ({ signature: 'AAAA', verifier: pem })) },
    ],
    ['dsse/0.0.1', 'no signature', { signatures: [] }],
    ['dsse/0.0.1', 'an unknown hash', { payloadHash: { ...hash, algorithm: 'sha1' } }],
    ['intoto/0.0.1', 'a key that is none', { publicKey: 'AAAA' }],
    [
      'hashedrekord/0.0.2',
      'a certificate and a key',
      {
        hashedRekordV002: {
          data: digest,
          signature: { content: 'AAAA', verifier: { ...verifier, x509Certificate: { rawBytes: 'AAAA' } } },
        },
      },
    ],
    [
      'hashedrekord/0.0.2',
      'neither certificate nor key',
      { hashedRekordV002: { data: digest, signature: { content: 'AAAA', verifier: {} } } },
    ],
  ])('%s with %s is malformed', (kind, _, changes) => {
    expect(codeOf(kind, { ...specs[kind], ...changes })).toBe('MALFORMED_BUNDLE')
  })
})

function signatureOf(format: string): object {
  return { format, content: 'AAAA', publicKey: { content: pem } }
}
