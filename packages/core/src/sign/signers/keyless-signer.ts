import { newEcKey } from '../keys/generate-key-pair.ts'
import { signWith, toPrivateKey } from '../keys/private-key.ts'
import type { ServiceAccess } from '../services/service-call.ts'
import { fetchSigningCertificate } from './fulcio.ts'
import type { IdentityToken } from './identity-token.ts'
import type { MessageSigner } from './signer.ts'

/** Signs with a fresh P-256 key, certified by Fulcio for the token's identity, and forgets the key. */
export function keylessSigner(
  options: ServiceAccess & { readonly fulcioUrl: string; readonly token: IdentityToken },
): MessageSigner {
  return async (message, call) => {
    const key = toPrivateKey(await newEcKey('P-256'))
    const certificate = await fetchSigningCertificate({ ...options, url: options.fulcioUrl, key }, call)
    return { value: signWith(key, message), publicKey: key.publicKey, hash: key.hash, certificate }
  }
}
