import type { PrivateKey } from './private-key.ts'

/** The seed stands at the end of the PKCS #8 form (RFC 8410 §7). */
const seedLength = 32

/** Ed25519ph (RFC 8032 §5.1), which node's crypto lacks: a log that sees only the hash can check it. */
export async function signPrehashed(key: PrivateKey, message: Uint8Array): Promise<Uint8Array> {
  const { ed25519ph } = await import('@noble/curves/ed25519.js')
  const der = key.keyObject.export({ format: 'der', type: 'pkcs8' })
  try {
    return ed25519ph.sign(message, der.subarray(-seedLength))
  } finally {
    der.fill(0)
  }
}
