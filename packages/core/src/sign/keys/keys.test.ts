import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { verify } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as fc from 'fast-check'
import { parsePublicKey } from '../../trust/public-key.ts'
import { openPrivateKey } from './encrypted-key.ts'
import { generateKeyPair, newKeyAlgorithms } from './generate-key-pair.ts'
import { readPrivateKeyFile, readPublicKeyFile, writeKeyFiles } from './key-files.ts'
import { hashOf, privateKeyFromPkcs8, publicKeyPem, signWith } from './private-key.ts'
import { smallFile } from '../kms/small-file.ts'

// Made by cosign v3.1.2 for this test.
const cosignKey = `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
OCwicCI6MX0sInNhbHQiOiJKWVVqSFBOSDB2ZDRwMkIxS21aRHZXNlFrclB0Q3Yv
T3FSZTdHRjlqSm1JPSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
Iiwibm9uY2UiOiJUamNBOGl3T2FRUFVwN1RVeHBVL1gvNFF3Umd4YnNXOSJ9LCJj
aXBoZXJ0ZXh0IjoiVms2dkVrU2dLc0cvS2k2c250UTFQZXI5RmMrZ2xXZk9UeEI0
Z2w0UnRYeURibUFSMEhSNjVEWG9nRWlDMFByK3F0bDQ1dWQwblpCS3JPVmNud282
MW4vYnlRZXI3MEdwTGdWbkx4ODlOUTJnNlErZHlkMmYvc1h4aC9Eam5XWWRnTllx
Qmd3bnRqdnlPSVhVWnh0OGhRVnlnUkY1a1Z1OVdDL083TE5Zc2l5TUxGdDMvVWRU
Ungyb3NvM3FtYUJqdlpKVzkyS2s2RTNSV1E9PSJ9
-----END ENCRYPTED SIGSTORE PRIVATE KEY-----
`
const cosignPublicKey = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEvLl9vxxUw2bd/5/PL9kA+r5yJSmV
9C/MyUx/pmEaYSCO94IVLxnHYqI7SwB3HgB3kSrEcqGF3In81lum7PZA8A==
-----END PUBLIC KEY-----
`
const message = Buffer.from('message')

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'keys-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

describe('openPrivateKey', () => {
  it('opens a key of cosign', async () => {
    const key = await openPrivateKey(cosignKey, 'hunter2')
    expect(publicKeyPem(key.publicKey)).toBe(cosignPublicKey)
  })

  it('opens a key under the older label', async () => {
    const key = await openPrivateKey(cosignKey.replaceAll('SIGSTORE', 'COSIGN'), 'hunter2')
    expect(key.algorithm).toBe('ecdsa-p256')
  })

  it('refuses a wrong password without naming it', async () => {
    const opened = openPrivateKey(cosignKey, 'tr0ub4dor')
    const error: unknown = await opened.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'WRONG_PASSWORD' })
    expect(inspect(error)).not.toContain('tr0ub4dor')
  })

  const damaged: readonly (readonly [string, (file: KeyFile) => unknown])[] = [
    [
      'a cost that asks for gigabytes',
      (file) => ({ ...file, kdf: { ...file.kdf, params: { N: 2 ** 30, r: 8, p: 1 } } }),
    ],
    [
      'another block size',
      (file) => ({ ...file, kdf: { ...file.kdf, params: { N: 65_536, r: 1024, p: 1 } } }),
    ],
    ['another derivation', (file) => ({ ...file, kdf: { ...file.kdf, name: 'pbkdf2' } })],
    ['another cipher', (file) => ({ ...file, cipher: { ...file.cipher, name: 'aes' } })],
    ['a short nonce', (file) => ({ ...file, cipher: { ...file.cipher, nonce: 'AAAA' } })],
    ['no ciphertext', ({ kdf, cipher }) => ({ kdf, cipher })],
    ['an unknown field', (file) => ({ ...file, more: 1 })],
    ['something else than an object', () => []],
  ]
  for (const [title, change] of damaged) {
    it(`refuses a file with ${title}`, async () => {
      const file: KeyFile = JSON.parse(Buffer.from(bodyOf(cosignKey), 'base64').toString())
      const body = Buffer.from(JSON.stringify(change(file))).toString('base64')
      const pem = `-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n${body}\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n`
      await expect(openPrivateKey(pem, 'hunter2')).rejects.toMatchObject({ code: 'MALFORMED_KEY' })
    })
  }

  it('answers every text with a key or its own error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        await expect(openPrivateKey(text, '')).rejects.toMatchObject({ code: 'MALFORMED_KEY' })
      }),
    )
  })
})

interface KeyFile {
  readonly kdf: object
  readonly cipher: object
  readonly ciphertext: string
}

function bodyOf(pem: string): string {
  return pem.trim().split('\n').slice(1, -1).join('')
}

describe('generateKeyPair', () => {
  for (const algorithm of newKeyAlgorithms) {
    it(`makes ${algorithm} keys that sign what their public key verifies`, async () => {
      const pair = await generateKeyPair({ password: '', algorithm })
      const key = await openPrivateKey(pair.privateKeyPem, '')
      const trusted = parsePublicKey(pair.publicKeyPem)
      expect(trusted.keyId).toBe(pair.keyId)
      const hash = trusted.algorithm === 'ed25519' ? null : hashOf(trusted.algorithm)
      expect(verify(hash, message, trusted.keyObject, signWith(key, message))).toBe(true)
    })
  }

  it('never gives the same key file twice', async () => {
    const [one, other] = await Promise.all([
      generateKeyPair({ password: 'a' }),
      generateKeyPair({ password: 'a' }),
    ])
    expect(one.keyId).not.toBe(other.keyId)
    expect(one.privateKeyPem).not.toBe(other.privateKeyPem)
  })

  it('shows nothing of the key when it is printed', async () => {
    const pair = await generateKeyPair({ password: '' })
    const key = await openPrivateKey(pair.privateKeyPem, '')
    const secret = Buffer.from(key.keyObject.export({ format: 'jwk' }).d ?? '', 'base64url')
    expect(JSON.stringify(key)).not.toContain(secret.toString('base64'))
  })
})

describe('privateKeyFromPkcs8', () => {
  it('refuses bytes that are no key', () => {
    expect(() => privateKeyFromPkcs8(Buffer.from('nothing'))).toThrow(
      expect.objectContaining({ code: 'MALFORMED_KEY' }),
    )
  })
})

describe('key files', () => {
  it('are written for the owner only and read back', async () => {
    const directory = await temporaryDirectory()
    const pair = await generateKeyPair({ password: '' })
    const written = await writeKeyFiles(join(directory, 'assay'), pair)
    expect((await stat(written.privateKeyPath)).mode & 0o777).toBe(0o600)
    expect(await readPrivateKeyFile(written.privateKeyPath)).toBe(pair.privateKeyPem)
    expect(await readPublicKeyFile(written.publicKeyPath)).toBe(pair.publicKeyPem)
  })

  it('are never overwritten', async () => {
    const directory = await temporaryDirectory()
    const pair = await generateKeyPair({ password: '' })
    await writeFile(join(directory, 'assay.key'), 'precious')
    await expect(writeKeyFiles(join(directory, 'assay'), pair)).rejects.toMatchObject({
      code: 'KEY_FILE_EXISTS',
    })
    expect(await readFile(join(directory, 'assay.key'), 'utf8')).toBe('precious')
  })

  it('are written both or not at all', async () => {
    const directory = await temporaryDirectory()
    const pair = await generateKeyPair({ password: '' })
    await writeFile(join(directory, 'assay.pub'), 'precious')
    await expect(writeKeyFiles(join(directory, 'assay'), pair)).rejects.toMatchObject({
      code: 'KEY_FILE_EXISTS',
    })
    await expect(stat(join(directory, 'assay.key'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('G-07: are refused while others can read or change them', async () => {
    const path = join(await temporaryDirectory(), 'assay.key')
    await writeFile(path, cosignKey, { mode: 0o600 })
    for (const mode of [0o640, 0o604, 0o620, 0o602]) {
      await chmod(path, mode)
      await expect(readPrivateKeyFile(path)).rejects.toMatchObject({ code: 'KEY_FILE_UNSAFE' })
    }
  })

  it('say which file cannot be read', async () => {
    const path = join(await temporaryDirectory(), 'none.key')
    await expect(readPrivateKeyFile(path)).rejects.toMatchObject({ code: 'KEY_FILE_UNREADABLE', on: path })
  })

  it.skipIf(process.platform === 'win32')('end also where a device does not', async () => {
    await expect(readPublicKeyFile('/dev/zero')).rejects.toMatchObject({
      code: 'KEY_FILE_UNREADABLE',
      message: 'the file is too large for a key',
    })
    await expect(smallFile('/dev/zero')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})
