import { signPrehashed } from '../keys/ed25519ph.ts'
import { signWith, type PrivateKey } from '../keys/private-key.ts'
import type { MessageSigner } from './signer.ts'

/** Signs with a private key at hand. */
export function keySigner(key: PrivateKey): MessageSigner {
  return async (message, call) => ({
    value:
      key.algorithm === 'ed25519' && call?.hashOnly === true
        ? await signPrehashed(key, message)
        : signWith(key, message),
    publicKey: key.publicKey,
    hash: key.hash,
  })
}
