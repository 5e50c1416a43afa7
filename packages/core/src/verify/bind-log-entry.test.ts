import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { VerificationError } from '../refusal/verification-error.ts'
import { bindLogEntry } from './bind-log-entry.ts'
import type { SignedContent } from './signed-content.ts'

const key = Buffer.from('a key')
const pem = `-----BEGIN PUBLIC KEY-----\n${key.toString('base64')}\n-----END PUBLIC KEY-----\n`
const signature = Buffer.from('a signature')
const bytes = Buffer.from('the signed bytes')
const payload = Buffer.from('the payload')
const envelope = Buffer.from('the envelope')

function sha256(of: Uint8Array): Buffer {
  return createHash('sha256').update(of).digest()
}

const message: SignedContent = {
  proofContent: { kind: 'blob' },
  signature,
  bytes,
  digest: () => sha256(bytes),
}
const enveloped: SignedContent = { ...message, envelope: { payload, bytes: envelope } }

const hex = (of: Uint8Array): object => ({ algorithm: 'sha256', value: sha256(of).toString('hex') })
const base64 = (text: Uint8Array | string): string => Buffer.from(text).toString('base64')

interface Body {
  readonly kind: string
  readonly version: string
  readonly spec: unknown
}

function hashedRekordV2(data: Uint8Array): Body {
  const verifier = { publicKey: { rawBytes: base64(key) } }
  const digest = { algorithm: 'SHA2_256', digest: base64(sha256(data)) }
  const spec = { hashedRekordV002: { data: digest, signature: { content: base64(signature), verifier } } }
  return { kind: 'hashedrekord', version: '0.0.2', spec }
}

function hashedRekordV1(data: Uint8Array): Body {
  const publicKey = { content: base64(pem) }
  const spec = { data: { hash: hex(data) }, signature: { content: base64(signature), publicKey } }
  return { kind: 'hashedrekord', version: '0.0.1', spec }
}

function dsse(of: { readonly payload: Uint8Array; readonly envelope: Uint8Array }): Body {
  const signatures = [{ signature: base64(signature), verifier: base64(pem) }]
  const spec = { payloadHash: hex(of.payload), envelopeHash: hex(of.envelope), signatures }
  return { kind: 'dsse', version: '0.0.1', spec }
}

function intotoV1(of: { readonly payload: Uint8Array; readonly envelope: Uint8Array }): Body {
  const content = { hash: hex(of.envelope), payloadHash: hex(of.payload) }
  return { kind: 'intoto', version: '0.0.1', spec: { content, publicKey: base64(pem) } }
}

function codeOf({ kind, version, spec }: Body, signed: SignedContent): string {
  const body = Buffer.from(JSON.stringify({ kind, apiVersion: version, spec }))
  try {
    bindLogEntry({ kind, version, body, logIndex: 1n, logId: key, integratedTime: 1n }, signed, key)
    return 'ok'
  } catch (error) {
    if (error instanceof VerificationError) return error.code
    throw error
  }
}

describe('bindLogEntry', () => {
  test.each<[string, Body, SignedContent, string]>([
    ['A-07: these bytes', hashedRekordV1(bytes), message, 'ok'],
    ['A-07: other bytes', hashedRekordV1(payload), message, 'LOG_ENTRY_MISMATCH'],
    [
      'bytes of which nothing is known',
      hashedRekordV1(bytes),
      { ...message, digest: () => undefined },
      'LOG_ENTRY_MISMATCH',
    ],
    ['an envelope for a file', dsse({ payload: bytes, envelope: bytes }), message, 'LOG_ENTRY_MISMATCH'],
    [
      'a file for an envelope, by a log that has a kind for them',
      hashedRekordV1(bytes),
      enveloped,
      'LOG_ENTRY_MISMATCH',
    ],
    ['the encoding of an envelope', hashedRekordV2(bytes), enveloped, 'ok'],
    ['the encoding of another envelope', hashedRekordV2(payload), enveloped, 'LOG_ENTRY_MISMATCH'],
    ['the payload, with the signature', dsse({ payload, envelope: bytes }), enveloped, 'ok'],
    ['another payload', dsse({ payload: bytes, envelope }), enveloped, 'LOG_ENTRY_MISMATCH'],
    ['the payload and the envelope', intotoV1({ payload, envelope }), enveloped, 'ok'],
    [
      'A-03: the payload in another envelope',
      intotoV1({ payload, envelope: bytes }),
      enveloped,
      'LOG_ENTRY_MISMATCH',
    ],
    [
      'an envelope whose bytes are not known',
      intotoV1({ payload, envelope }),
      { ...message, envelope: { payload } },
      'LOG_ENTRY_MISMATCH',
    ],
  ])('%s', (...[, body, signed, code]) => {
    expect(codeOf(body, signed)).toBe(code)
  })
})
