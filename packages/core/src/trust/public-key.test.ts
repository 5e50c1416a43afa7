import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { decodePem, parsePublicKey } from './public-key.ts'
import { TrustError } from './trust-error.ts'

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()

describe('D-17: one PEM block and nothing else', () => {
  test('the key as it is written', () => {
    expect(parsePublicKey(pem).algorithm).toBe('ecdsa-p256')
    expect(decodePem(pem.replaceAll('\n', '\r\n'), 'PUBLIC KEY')).toEqual(
      publicKey.export({ type: 'spki', format: 'der' }),
    )
  })

  test.each([
    ['another label at its beginning', pem.replace('BEGIN PUBLIC KEY', 'BEGIN PRIVATE KEY')],
    ['another label at its end', pem.replace('END PUBLIC KEY', 'END PRIVATE KEY')],
    ['something before it', `x\n${pem}`],
    ['something after it', `${pem}x`],
    ['two blocks', pem + pem],
    ['base64 with spaces', pem.replace('\nM', '\n M')],
    ['base64 without its end', pem.replace('=', '')],
    ['nothing inside', '-----BEGIN PUBLIC KEY-----\n\n-----END PUBLIC KEY-----\n'],
    ['more than 64 KiB', `${' '.repeat(65_536)}${pem}`],
  ])('%s', (_, text) => {
    expect(() => parsePublicKey(text)).toThrow(TrustError)
  })
})

/** An RSA key of a size, in bits. Nobody asks whether the modulus is a product of two primes. */
function rsaKey(size: number): string {
  const n = Buffer.alloc(size / 8, 0xff).toString('base64url')
  const key = createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' })
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

test('RSA of 8192 bits, and no larger', () => {
  expect(parsePublicKey(rsaKey(8192)).algorithm).toBe('rsa')
  expect(() => parsePublicKey(rsaKey(8200))).toThrow(TrustError)
})
