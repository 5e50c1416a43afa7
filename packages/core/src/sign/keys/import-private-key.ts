import { createPrivateKey, type KeyObject } from 'node:crypto'
import { encryptPrivateKey } from './encrypted-key.ts'
import { ownPrivateKey, publicKeyPem } from './private-key.ts'
import type { KeyPairFiles } from './generate-key-pair.ts'
import { SigningError } from '../signing-error.ts'

/** The labels of private keys that other tools write, encrypted or not (RFC 7468, RFC 5915, PKCS #1). */
const labels = /^-----BEGIN (?:(?:EC |RSA |ENCRYPTED )?PRIVATE KEY)-----/

/**
 * Brings a private key of another tool (PKCS #8, PKCS #1 or SEC 1, in PEM) into cosign's encrypted form.
 * @throws SigningError MALFORMED_KEY, UNSUPPORTED_KEY, WRONG_PASSWORD
 */
export async function importPrivateKey(
  pem: string,
  passwords: { readonly password: string; readonly sourcePassword?: string },
): Promise<KeyPairFiles> {
  const key = ownPrivateKey(read(pem.trim(), passwords.sourcePassword))
  return {
    privateKeyPem: await encryptPrivateKey(key, passwords.password),
    publicKeyPem: publicKeyPem(key.publicKey),
    keyId: key.publicKey.keyId,
  }
}

/** OpenSSL's errors describe the structure, never the content; still, nothing of a secret is passed on. */
function read(pem: string, passphrase: string | undefined): KeyObject {
  if (!labels.test(pem)) {
    throw new SigningError('MALFORMED_KEY', 'the file is not a private key of another tool', {
      expected: 'PEM: PRIVATE KEY, ENCRYPTED PRIVATE KEY, EC PRIVATE KEY or RSA PRIVATE KEY',
    })
  }
  try {
    return createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) })
  } catch (error) {
    if (needsPassword(error)) {
      throw new SigningError('WRONG_PASSWORD', 'the private key of the other tool does not open', {
        hint: 'give its password with --source-password-stdin',
      })
    }
    throw new SigningError('MALFORMED_KEY', 'the bytes are not a private key')
  }
}

function needsPassword(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ERR_MISSING_PASSPHRASE' || code === 'ERR_OSSL_BAD_DECRYPT'
}
