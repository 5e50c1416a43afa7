import { createHash, createPublicKey } from 'node:crypto'
import type {
  CertificateAuthorityEntry,
  LogEntryKey,
  NamedTrustRoot,
  TrustRootSource,
} from '../policy/trust-root-source.ts'
import { parseTrustRoot } from '../trust/parse-trust-root.ts'
import { TrustError } from '../trust/trust-error.ts'
import type { TrustRoot } from '../trust/trust-root.ts'
import type { GateIo } from './gate-io.ts'
import { GateError } from './gate-error.ts'

/**
 * Finds trust roots by name among the TrustRoot documents of the policy files; without a name, `own` is the answer.
 * The function throws GateError UNKNOWN_TRUST_ROOT and UNSUPPORTED, TrustError MALFORMED_TRUST_ROOT, and what `own` throws.
 */
export function namedTrustRoots(
  roots: readonly NamedTrustRoot[],
  own: () => Promise<TrustRoot>,
): GateIo['trustRoot'] {
  return async (name) => {
    if (name === undefined) return await own()
    const found = roots.find((root) => root.name === name)
    if (found !== undefined) return trustRootOf(found.source, name)
    throw new GateError('UNKNOWN_TRUST_ROOT', 'a policy names a TrustRoot that is in none of the files', {
      on: name,
      hint: 'give the file that holds it with --policy, too',
    })
  }
}

/**
 * The trust root that a TrustRoot document describes.
 * @throws GateError UNSUPPORTED
 * @throws TrustError MALFORMED_TRUST_ROOT
 */
export function trustRootOf(source: TrustRootSource, name: string): TrustRoot {
  if (source.kind !== 'keys') {
    throw new GateError('UNSUPPORTED', 'a TrustRoot that is a TUF repository is not read yet', {
      on: name,
      hint: 'put its keys and certificates under sigstoreKeys',
    })
  }
  // Through the one parser of trusted roots, so that all its checks apply to these, too.
  const document = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    certificateAuthorities: source.certificateAuthorities.map(chainOf),
    timestampAuthorities: source.timestampAuthorities.map(chainOf),
    tlogs: source.tlogs.map(logOf),
    ctlogs: source.ctlogs.map(logOf),
  }
  return parseTrustRoot(new TextEncoder().encode(JSON.stringify(document)))
}

function chainOf({ uri, chain }: CertificateAuthorityEntry): unknown {
  const certificates = chain.map((der) => ({ rawBytes: Buffer.from(der).toString('base64') }))
  return { uri, certChain: { certificates }, validFor: always }
}

/** A TrustRoot says nothing about times: what it names counts always. */
const always = { start: '1970-01-01T00:00:00Z' }

function logOf({ baseUrl, publicKey }: LogEntryKey): unknown {
  const spki = spkiOf(publicKey, baseUrl)
  // RFC 6962 §3.2: a log is known by the hash of its key.
  const keyId = createHash('sha256').update(spki).digest('base64')
  return { baseUrl, logId: { keyId }, publicKey: { rawBytes: spki.toString('base64'), validFor: always } }
}

function spkiOf(pem: string, baseUrl: string): Buffer {
  try {
    return createPublicKey(pem).export({ type: 'spki', format: 'der' })
  } catch (error) {
    // Whatever OpenSSL dislikes about the text: it is no key.
    throw new TrustError('MALFORMED_TRUST_ROOT', 'the key of a log cannot be read', {
      on: baseUrl,
      cause: error,
    })
  }
}
