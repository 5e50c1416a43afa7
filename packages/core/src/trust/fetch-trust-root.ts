import { parseTrustRoot } from './parse-trust-root.ts'
import type { TrustRoot } from './trust-root.ts'
import { fetchTufTarget, publicGoodMirror, type TufRepository } from './tuf-target.ts'

/**
 * The current trusted root of a Sigstore instance, from its TUF repository.
 * @throws TrustError TRUST_ROOT_UNAVAILABLE, MALFORMED_TRUST_ROOT
 */
export async function fetchTrustRoot(repository: TufRepository = {}): Promise<TrustRoot> {
  const document = await fetchTufTarget('trusted_root.json', repository)
  return parseTrustRoot(document, { kind: 'tuf', mirror: repository.mirror ?? publicGoodMirror })
}
