import { describe, expect, test } from 'vitest'
import type { Certificate, Extension } from './certificate.ts'
import { DerError } from './der.ts'
import { fulcioIdentity } from './fulcio-identity.ts'

const arc = '1.3.6.1.4.1.57264.1'

function value(tag: number, content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([Buffer.from([tag, bytes.byteLength]), bytes])
}

/** 1.3.6.1.4.1.57264.1.N */
function otherNameType(last: number): Buffer {
  return value(0x06, Uint8Array.from([0x2b, 6, 1, 4, 1, 0x83, 0xbf, 0x30, 1, last]))
}

function otherName(last: number): Buffer {
  return value(0x30, value(0xa0, Buffer.concat([otherNameType(last), value(0xa0, value(0x0c, 'user'))])))
}

const email = value(0x30, value(0x81, 'a@b.test'))

function identityOf(extensions: Readonly<Record<string, Uint8Array>>): ReturnType<typeof fulcioIdentity> {
  const entries = Object.entries({ '2.5.29.17': email, ...extensions }).map(
    ([oid, bytes]): [string, Extension] => [oid, { critical: false, value: bytes }],
  )
  const empty = new Uint8Array()
  const certificate: Certificate = {
    der: empty,
    serialNumber: '01',
    issuer: empty,
    subject: empty,
    notBefore: new Date(0),
    notAfter: new Date(0),
    publicKey: empty,
    extensions: new Map(entries),
  }
  return fulcioIdentity(certificate)
}

describe('fulcioIdentity', () => {
  test('reads the issuer as a DER string, or as the bare text of old', () => {
    expect(identityOf({ [`${arc}.8`]: value(0x0c, 'https://id.test') }).issuer).toBe('https://id.test')
    expect(identityOf({ [`${arc}.1`]: Buffer.from('https://id.test') }).issuer).toBe('https://id.test')
  })

  test('D-12: an extension below another arc of the same length is no word of Fulcio', () => {
    const foreign = { '1.3.6.1.4.1.57265.1.8': value(0x0c, 'https://evil.test') }
    expect(identityOf(foreign)).toMatchObject({ issuer: '', extensions: {} })
  })

  test.each([
    ['bytes', value(0x04, 'https://id.test')],
    ['a sequence', value(0x30, '')],
    ['text of 16 bits', value(0x1e, 'https://id.test')],
  ])('refuses an issuer that is %s', (_, bytes) => {
    expect(() => identityOf({ [`${arc}.8`]: bytes })).toThrow(DerError)
  })

  test('takes a user name from Fulcio’s own type of other names only', () => {
    expect(identityOf({ '2.5.29.17': otherName(7) }).subject).toBe('user')
    expect(() => identityOf({ '2.5.29.17': otherName(9) })).toThrow(DerError)
  })
})
