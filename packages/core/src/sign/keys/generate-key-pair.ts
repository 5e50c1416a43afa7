import { generateKeyPair as generate, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { encryptPrivateKey } from './encrypted-key.ts'
import { publicKeyPem, toPrivateKey } from './private-key.ts'

/** What a new key can be; RSA by its size in bits. */
export type NewKeyAlgorithm =
  | 'ecdsa-p256'
  | 'ecdsa-p384'
  | 'ecdsa-p521'
  | 'rsa-2048'
  | 'rsa-3072'
  | 'rsa-4096'
  | 'ed25519'

const generators: Readonly<Record<NewKeyAlgorithm, () => Promise<KeyObject>>> = {
  'ecdsa-p256': () => newEcKey('P-256'),
  'ecdsa-p384': () => newEcKey('P-384'),
  'ecdsa-p521': () => newEcKey('P-521'),
  'rsa-2048': () => newRsaKey(2048),
  'rsa-3072': () => newRsaKey(3072),
  'rsa-4096': () => newRsaKey(4096),
  ed25519: async () => (await promisify(generate)('ed25519')).privateKey,
}

export function isNewKeyAlgorithm(text: string): text is NewKeyAlgorithm {
  return Object.hasOwn(generators, text)
}

/** Every algorithm that a key can be made for, for help texts. */
export const newKeyAlgorithms: readonly NewKeyAlgorithm[] = Object.keys(generators).filter(isNewKeyAlgorithm)

export interface KeyPairFiles {
  /** Encrypted with the password, in cosign's form. */
  readonly privateKeyPem: string
  readonly publicKeyPem: string
  /** base64(sha256(SPKI DER)), the hint in bundles. */
  readonly keyId: string
}

/** A fresh key pair from the system's random source. */
export async function generateKeyPair(options: {
  readonly password: string
  readonly algorithm?: NewKeyAlgorithm
}): Promise<KeyPairFiles> {
  const key = toPrivateKey(await generators[options.algorithm ?? 'ecdsa-p256']())
  return {
    privateKeyPem: await encryptPrivateKey(key, options.password),
    publicKeyPem: publicKeyPem(key.publicKey),
    keyId: key.publicKey.keyId,
  }
}

export async function newEcKey(namedCurve: 'P-256' | 'P-384' | 'P-521'): Promise<KeyObject> {
  return (await promisify(generate)('ec', { namedCurve })).privateKey
}

async function newRsaKey(modulusLength: number): Promise<KeyObject> {
  return (await promisify(generate)('rsa', { modulusLength })).privateKey
}
