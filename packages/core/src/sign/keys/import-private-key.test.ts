import { execFileSync } from 'node:child_process'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import * as fc from 'fast-check'
import { openPrivateKey } from './encrypted-key.ts'
import { importPrivateKey } from './import-private-key.ts'
import { publicKeyPem } from './private-key.ts'

const openssl = (args: readonly string[], input = ''): string =>
  execFileSync('openssl', args, { input, stdio: ['pipe', 'pipe', 'ignore'] }).toString()
const curve = (name: string): string =>
  openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${name}`])
const password = ['-passout', 'pass:sesame']

const p256 = curve('P-256')
const rsa = openssl(['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'])

/** What OpenSSL makes of a key, and the PEM of its public half. */
const forms: readonly (readonly [string, () => string, string])[] = [
  ['PKCS #8', () => p256, p256],
  [
    'SEC 1, behind the parameters of its curve',
    () => `${openssl(['ecparam', '-name', 'prime256v1'])}${openssl(['ec'], p256)}`,
    p256,
  ],
  ['SEC 1, encrypted', () => openssl(['ec', '-aes256', ...password], p256), p256],
  ['PKCS #8, encrypted', () => openssl(['pkcs8', '-topk8', '-v2', 'aes-256-cbc', ...password], p256), p256],
  ['PKCS #8, encrypted under scrypt', () => openssl(['pkcs8', '-topk8', '-scrypt', ...password], rsa), rsa],
  ['PKCS #1', () => openssl(['rsa', '-traditional'], rsa), rsa],
  ['PKCS #1, encrypted', () => openssl(['rsa', '-traditional', '-aes128', ...password], rsa), rsa],
  [
    'PKCS #8 with the attributes of a PKCS #12 around it',
    () => `Bag Attributes\n    localKeyID: 01\nKey Attributes: <No Attributes>\n${p256}`,
    p256,
  ],
  ['lines that end as on Windows', () => p256.replaceAll('\n', '\r\n'), p256],
]

describe('importPrivateKey', () => {
  it.each(forms)('reads %s', async (_what, pem, original) => {
    const imported = await importPrivateKey(pem(), { password: 'mine', sourcePassword: 'sesame' })
    expect(imported.publicKeyPem).toBe(openssl(['pkey', '-pubout'], original))
    const opened = await openPrivateKey(imported.privateKeyPem, 'mine')
    expect(publicKeyPem(opened.publicKey)).toBe(imported.publicKeyPem)
  })

  it.each(['P-384', 'P-521'])('reads keys of %s', async (name) => {
    const pem = curve(name)
    const imported = await importPrivateKey(pem, { password: '' })
    expect(imported.publicKeyPem).toBe(openssl(['pkey', '-pubout'], pem))
  })

  it('reads keys of Ed25519', async () => {
    const pem = openssl(['genpkey', '-algorithm', 'ED25519'])
    expect((await importPrivateKey(pem, { password: '' })).publicKeyPem).toBe(
      openssl(['pkey', '-pubout'], pem),
    )
  })

  it.each(forms.filter(([what]) => what.includes('encrypted')))(
    'says that a password is wrong or missing: %s',
    async (_what, pem) => {
      for (const sourcePassword of ['canary', undefined]) {
        const given = { password: '', ...(sourcePassword !== undefined && { sourcePassword }) }
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const error: unknown = await importPrivateKey(pem(), given).catch((reason: unknown) => reason)
        expect(error).toMatchObject({ code: 'WRONG_PASSWORD' })
        expect(inspect(error)).not.toContain('canary')
      }
    },
  )

  it.each<[string, () => string, string]>([
    ['two keys', () => `${p256}${rsa}`, 'MALFORMED_KEY'],
    ['a public key', () => openssl(['pkey', '-pubout'], p256), 'MALFORMED_KEY'],
    ['a key without its end', () => p256.slice(0, -10), 'MALFORMED_KEY'],
    ['nothing', () => '', 'MALFORMED_KEY'],
    ['a curve that nobody verifies with', () => curve('secp256k1'), 'UNSUPPORTED_KEY'],
    ['a curve by its numbers', () => openssl(['pkey', '-ec_param_enc', 'explicit'], p256), 'UNSUPPORTED_KEY'],
    [
      'a short RSA key',
      () => openssl(['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024']),
      'UNSUPPORTED_KEY',
    ],
  ])('refuses %s', async (_what, pem, code) => {
    await expect(importPrivateKey(pem(), { password: '' })).rejects.toMatchObject({ code })
  })

  it('answers every text with a key or its own error', async () => {
    const line = fc.constantFrom(
      '-----BEGIN PRIVATE KEY-----',
      '-----END PRIVATE KEY-----',
      '-----BEGIN EC PRIVATE KEY-----',
      'AAAA',
      '',
      'Proc-Type: 4,ENCRYPTED',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(line), async (lines) => {
        const error: unknown = await importPrivateKey(lines.join('\n'), { password: '' }).catch(
          (reason: unknown) => reason,
        )
        expect(error).toMatchObject({ code: expect.stringMatching(/^(?:MALFORMED_KEY|WRONG_PASSWORD)$/) })
      }),
    )
  })
})
