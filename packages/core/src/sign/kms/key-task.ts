import { createHash, verify } from 'node:crypto'
import type { HashAlgorithm } from '../../trust/hash-algorithm.ts'
import type { KeyAlgorithm, TrustedKey } from '../../trust/public-key.ts'
import { hashOf } from '../keys/private-key.ts'

/** What whoever keeps a key is asked to sign. */
export interface KeyTask {
  readonly message: Uint8Array
  readonly algorithm: KeyAlgorithm
  /** The hash of the key's strength. */
  readonly hash: HashAlgorithm
  /** Ed25519 signs the message itself, or as Ed25519ph its SHA-512; every other algorithm signs the digest. */
  readonly form: 'message' | 'digest'
}

/** The task that signs a message in the way that its verifiers expect. */
export function keyTask(
  { algorithm }: TrustedKey,
  message: Uint8Array,
  { hashOnly }: { readonly hashOnly: boolean },
): KeyTask {
  const form = algorithm === 'ed25519' && !hashOnly ? 'message' : 'digest'
  return { message, algorithm, hash: hashOf(algorithm), form }
}

export function digestOf({ message, hash }: KeyTask): Buffer {
  return createHash(hash).update(message).digest()
}

/** Whether a signature is one over the task's message, by this key and in this form. */
export async function fulfils(task: KeyTask, signature: Uint8Array, key: TrustedKey): Promise<boolean> {
  if (task.algorithm !== 'ed25519') return verify(task.hash, task.message, key.keyObject, signature)
  if (task.form === 'message') return verify(null, task.message, key.keyObject, signature)
  const { ed25519ph } = await import('@noble/curves/ed25519.js')
  const publicKey = key.spki.subarray(-32)
  return (
    signature.byteLength === 64 && ed25519ph.verify(signature, task.message, publicKey, { zip215: false })
  )
}
