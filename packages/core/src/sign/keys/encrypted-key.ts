import { randomBytes, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { parseStrictJson, RegistryError, type JsonValue } from '@assay/registry'
import nacl from 'tweetnacl'
import { base64Of, field, onlyFields, textOf, type JsonNode } from '../../json/json-node.ts'
import { decodePem } from '../../trust/public-key.ts'
import { SigningError } from '../signing-error.ts'
import { privateKeyFromPkcs8, type PrivateKey } from './private-key.ts'

const label = 'ENCRYPTED SIGSTORE PRIVATE KEY'
const olderLabel = 'ENCRYPTED COSIGN PRIVATE KEY'
const maxPemSize = 64 * 1024
/** The costs of scrypt that cosign's reader takes (go-securesystemslib encrypted). */
const readableCosts: readonly number[] = [32_768, 65_536, 131_072]
const writtenCost = 65_536

/**
 * Opens an encrypted key file of cosign's form, with either of its labels. An empty password is a password.
 * @throws SigningError MALFORMED_KEY, UNSUPPORTED_KEY, WRONG_PASSWORD
 */
export async function openPrivateKey(pem: string, password: string): Promise<PrivateKey> {
  const file = readKeyFile(pem)
  const secret = await deriveKey(password, file)
  const der = nacl.secretbox.open(file.ciphertext, file.nonce, secret)
  secret.fill(0)
  if (der === null) {
    throw new SigningError('WRONG_PASSWORD', 'the private key does not open with this password', {
      hint: 'set COSIGN_PASSWORD or type the password of the key file',
    })
  }
  const key = privateKeyFromPkcs8(der)
  der.fill(0)
  return key
}

/** The encrypted PEM form of a private key, as cosign writes and reads it. */
export async function encryptPrivateKey(key: PrivateKey, password: string): Promise<string> {
  const [salt, nonce] = [randomBytes(32), randomBytes(24)]
  const secret = await deriveKey(password, { salt, cost: writtenCost })
  const der = key.keyObject.export({ format: 'der', type: 'pkcs8' })
  const ciphertext = nacl.secretbox(der, nonce, secret)
  secret.fill(0)
  der.fill(0)
  const file = {
    kdf: { name: 'scrypt', params: { N: writtenCost, r: 8, p: 1 }, salt: salt.toString('base64') },
    cipher: { name: 'nacl/secretbox', nonce: nonce.toString('base64') },
    ciphertext: Buffer.from(ciphertext).toString('base64'),
  }
  const lines =
    Buffer.from(JSON.stringify(file))
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

interface KeyFile {
  readonly salt: Uint8Array
  readonly cost: number
  readonly nonce: Uint8Array
  readonly ciphertext: Uint8Array
}

function readKeyFile(pem: string): KeyFile {
  const body = pem.length > maxPemSize ? undefined : (decodePem(pem, label) ?? decodePem(pem, olderLabel))
  if (body === undefined) {
    throw new SigningError('MALFORMED_KEY', 'the file is not an encrypted private key', {
      expected: `one PEM block "${label}"`,
      hint: 'make one with `assay keys generate`',
    })
  }
  const document: JsonNode = { value: strictJson(body), path: '', refuse: malformed }
  onlyFields(document, ['kdf', 'cipher', 'ciphertext'])
  const [kdf, cipher] = [field(document, 'kdf'), field(document, 'cipher')]
  if (textOf(field(kdf, 'name')) !== 'scrypt') throw malformed('kdf.name is not scrypt')
  if (textOf(field(cipher, 'name')) !== 'nacl/secretbox') throw malformed('cipher.name is not nacl/secretbox')
  return {
    salt: exactly(base64Of(field(kdf, 'salt')), 32),
    cost: costOf(field(kdf, 'params')),
    nonce: exactly(base64Of(field(cipher, 'nonce')), 24),
    ciphertext: base64Of(field(document, 'ciphertext')),
  }
}

/** Only the costs that are in use: a file must not choose how much memory its reader spends. */
function costOf(params: JsonNode): number {
  const [N, r, p] = ['N', 'r', 'p'].map((name) => field(params, name).value)
  const cost = readableCosts.find((known) => known === N)
  if (cost === undefined || r !== 8 || p !== 1) throw malformed('kdf.params are none that are in use')
  return cost
}

function exactly(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.byteLength === length) return bytes
  throw malformed(`a value of ${bytes.byteLength} bytes where ${length} are expected`)
}

function strictJson(body: Uint8Array): JsonValue {
  try {
    return parseStrictJson(body, { on: 'key file' })
  } catch (error) {
    if (error instanceof RegistryError) throw malformed(error.message)
    throw error
  }
}

function malformed(got: string): SigningError {
  return new SigningError('MALFORMED_KEY', 'the encrypted private key is malformed', { got })
}

async function deriveKey(
  password: string,
  options: { readonly salt: Uint8Array; readonly cost: number },
): Promise<Uint8Array> {
  const parameters = { N: options.cost, r: 8, p: 1, maxmem: 256 * 1024 * 1024 }
  return promisify<string, Uint8Array, number, object, Buffer>(scrypt)(password, options.salt, 32, parameters)
}
