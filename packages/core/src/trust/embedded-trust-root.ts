import { TrustError } from './trust-error.ts'
import { parseTrustRoot } from './parse-trust-root.ts'
import type { TrustRoot } from './trust-root.ts'

/** The day on which the pinned `@sigstore/tuf` was published; a test fails when the pin moves. */
const embeddedTrustRootDate: Date = new Date('2026-11-05T00:00:00Z')

const mirror = 'https://tuf-repo-cdn.sigstore.dev'

/**
 * The public-good Sigstore instance's trusted root as `@sigstore/tuf` ships it, for runs that cannot or must not
 * ask the network. It does not learn of keys that were revoked or added since `origin.asOf`.
 * @throws TrustError MALFORMED_TRUST_ROOT
 */
export async function embeddedTrustRoot(): Promise<TrustRoot> {
  const document = await embeddedTrustRootDocument()
  return parseTrustRoot(document, { kind: 'embedded', asOf: embeddedTrustRootDate })
}

/** The same as the bytes of its document. */
export async function embeddedTrustRootDocument(): Promise<Uint8Array> {
  // A JSON module: bundlers take it along, and it is read when it is asked for.
  const { default: seeds } = await import('@sigstore/tuf/seeds.json', { with: { type: 'json' } })
  const target = seeds[mirror].targets['trusted_root.json']
  if (target === undefined || target === '')
    throw new TrustError('MALFORMED_TRUST_ROOT', 'the package holds no trusted root')
  return Buffer.from(target, 'base64')
}
