import type { Call } from '@assay/registry'
import type { TrustedKey } from '../../trust/public-key.ts'
import type { MessageSigner } from '../signers/signer.ts'
import type { SigningError } from '../signing-error.ts'
import { fulfils, keyTask, type KeyTask } from './key-task.ts'

/** A key that a service, a token or a program keeps: its secret half never comes here. */
export interface KeptKey {
  readonly publicKey: TrustedKey
  /** ECDSA in DER, RSA as PKCS #1 v1.5. What comes back is not believed before it verifies. */
  readonly sign: (task: KeyTask, call: Call) => Promise<Uint8Array>
  /** The error that says, in the keeper's name, that its answer cannot be used. */
  readonly refuse: (got: string) => SigningError
}

/** Signs with a kept key, and verifies each signature with the key's public half before anybody sees it. */
export function keptKeySigner(key: KeptKey): MessageSigner {
  const { publicKey } = key
  return async (message, { hashOnly = false, ...call } = {}) => {
    const task = keyTask(publicKey, message, { hashOnly })
    const value = await key.sign(task, call)
    if (!(await fulfils(task, value, publicKey)))
      throw key.refuse('a signature that the public key of the key does not verify')
    return { value, publicKey, hash: task.hash }
  }
}
