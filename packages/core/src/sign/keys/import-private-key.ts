import { createPrivateKey, type KeyObject } from 'node:crypto'
import { encryptPrivateKey } from './encrypted-key.ts'
import { ownPrivateKey, publicKeyPem } from './private-key.ts'
import type { KeyPairFiles } from './generate-key-pair.ts'
import { SigningError } from '../signing-error.ts'

/** The private keys that other tools write, encrypted or not (RFC 7468, RFC 5915, PKCS #1), among other blocks and text. */
const blocks = /^-----BEGIN ((?:EC |RSA |ENCRYPTED )?PRIVATE KEY)-----(?:\n(?!-----).*)*\n-----END \1-----$/gm
const maxPemSize = 64 * 1024

/**
 * Brings a private key of another tool (PKCS #8, PKCS #1 or SEC 1, in PEM) into cosign's encrypted form.
 * @throws SigningError MALFORMED_KEY, UNSUPPORTED_KEY, WRONG_PASSWORD
 */
export async function importPrivateKey(
  pem: string,
  passwords: { readonly password: string; readonly sourcePassword?: string },
): Promise<KeyPairFiles> {
  const key = ownPrivateKey(read(onlyBlock(pem), passwords.sourcePassword))
  return {
    privateKeyPem: await encryptPrivateKey(key, passwords.password),
    publicKeyPem: publicKeyPem(key.publicKey),
    keyId: key.publicKey.keyId,
  }
}

/** OpenSSL's errors describe the structure, never the content; still, nothing of a secret is passed on. */
function read(pem: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) })
  } catch (error) {
    // With another password the bytes may decrypt to anything.
    if (needsPassword(error) || isEncrypted(pem)) {
      throw new SigningError('WRONG_PASSWORD', 'the private key of the other tool does not open', {
        hint: 'give its password with --source-password-stdin',
      })
    }
    throw new SigningError('MALFORMED_KEY', 'the bytes are not a private key')
  }
}

/** OpenSSL writes the parameters of the curve before a key, and attributes around what it took out of a PKCS #12. */
function onlyBlock(pem: string): string {
  const found = pem.length > maxPemSize ? [] : [...pem.replaceAll('\r\n', '\n').trim().matchAll(blocks)]
  const [block] = found
  if (block !== undefined && found.length === 1) return block[0]
  throw new SigningError('MALFORMED_KEY', 'the file is not one private key of another tool', {
    expected: 'PEM: PRIVATE KEY, ENCRYPTED PRIVATE KEY, EC PRIVATE KEY or RSA PRIVATE KEY',
    ...(found.length > 1 && { got: `${found.length} private keys` }),
  })
}

/** PKCS #8 says so in its label, the older forms in a header (RFC 1421 §4.6.1.1). */
function isEncrypted(pem: string): boolean {
  return pem.startsWith('-----BEGIN ENCRYPTED ') || /^Proc-Type: *4, *ENCRYPTED$/m.test(pem)
}

function needsPassword(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ERR_MISSING_PASSPHRASE' || code === 'ERR_OSSL_BAD_DECRYPT'
}
