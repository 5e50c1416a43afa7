import { createHash, sign, type KeyObject } from 'node:crypto'
import { spkiOf } from './certificate.ts'

/** A signed note over a tree head (C2SP tlog-checkpoint, signed-note). */
export function signCheckpoint(
  head: { readonly origin: string; readonly size: number; readonly root: Uint8Array },
  signer: { readonly name: string; readonly key: KeyObject; readonly keyId: Uint8Array },
): string {
  const note = `${head.origin}\n${head.size}\n${Buffer.from(head.root).toString('base64')}\n`
  const digest = signer.key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  const signature = sign(digest, Buffer.from(note), signer.key)
  const line = Buffer.concat([signer.keyId.subarray(0, 4), signature]).toString('base64')
  return `${note}\n\u2014 ${signer.name} ${line}\n`
}

/** The key id of a Rekor v2 log, whole (C2SP signed-note: Ed25519 is type 1). */
export function ed25519KeyId(origin: string, publicKey: KeyObject): Uint8Array {
  const raw = spkiOf(publicKey).subarray(-32)
  return createHash('sha256').update(origin).update('\n').update(Uint8Array.of(1)).update(raw).digest()
}
