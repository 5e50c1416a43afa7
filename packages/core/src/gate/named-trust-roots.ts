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

/** The TUF repositories on the network that TrustRoots name, for who may ask the network. */
export type RemoteRoots = (
  source: Extract<TrustRootSource, { readonly kind: 'remote' }>,
  name: string,
) => Promise<TrustRoot>

/**
 * Finds trust roots by name among the TrustRoot documents of the policy files; without a name, `own` is the answer.
 * The function throws GateError UNKNOWN_TRUST_ROOT and UNSUPPORTED, TrustError MALFORMED_TRUST_ROOT and
 * TRUST_ROOT_UNAVAILABLE, and what `own` and `remote` throw.
 */
export function namedTrustRoots(
  roots: readonly NamedTrustRoot[],
  own: () => Promise<TrustRoot>,
  remote: RemoteRoots = askNobody,
): GateIo['trustRoot'] {
  return async (name) => {
    if (name === undefined) return await own()
    const source = roots.find((root) => root.name === name)?.source
    if (source === undefined)
      throw new GateError('UNKNOWN_TRUST_ROOT', 'a policy names a TrustRoot that is in none of the files', {
        on: name,
        hint: 'give the file that holds it with --policy, too',
      })
    if (source.kind === 'keys') return trustRootOf(source)
    if (source.kind === 'remote') return await remote(source, name)
    return await (await import('./tuf-trust-root.ts')).carriedTrustRoot(source)
  }
}

const askNobody: RemoteRoots = async (_, name) => {
  throw new GateError('UNSUPPORTED', 'a TrustRoot that is kept elsewhere (remote) is not asked for here', {
    on: name,
    hint: 'put its keys and certificates under sigstoreKeys, or the repository itself under repository',
  })
}

/**
 * The trust root that the keys of a TrustRoot document make.
 * @throws TrustError MALFORMED_TRUST_ROOT
 */
export function trustRootOf(source: Extract<TrustRootSource, { readonly kind: 'keys' }>): TrustRoot {
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
