import { signWith, type PrivateKey } from '../keys/private-key.ts'
import type { MessageSigner } from './signer.ts'

/** Signs with a private key at hand. */
export function keySigner(key: PrivateKey): MessageSigner {
  return (message) =>
    Promise.resolve({ value: signWith(key, message), publicKey: key.publicKey, hash: key.hash })
}
