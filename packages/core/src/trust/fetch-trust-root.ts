import { parseTrustRoot } from './parse-trust-root.ts'
import type { TrustRoot } from './trust-root.ts'
import { fetchTufTarget, publicGoodMirror, type TufRepository } from './tuf-target.ts'

/**
 * The current trusted root of a Sigstore instance, from its TUF repository.
 * @throws TrustError TRUST_ROOT_UNAVAILABLE, MALFORMED_TRUST_ROOT
 */
export async function fetchTrustRoot(repository: TufRepository = {}): Promise<TrustRoot> {
  const document = await fetchTrustRootDocument(repository)
  return parseTrustRoot(document, { kind: 'tuf', mirror: repository.mirror ?? publicGoodMirror })
}

/**
 * The same as the bytes of its document.
 * @throws TrustError TRUST_ROOT_UNAVAILABLE
 */
export async function fetchTrustRootDocument(repository: TufRepository = {}): Promise<Uint8Array> {
  return await fetchTufTarget('trusted_root.json', repository)
}
