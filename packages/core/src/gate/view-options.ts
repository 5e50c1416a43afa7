import { X509Certificate } from 'node:crypto'
import { CodedError } from '@assay/registry'
import type { KeySource } from '../policy/policy.ts'
import { isBare, ownTrustRoot } from '../policy/view.ts'
import type { View } from '../policy/view.ts'
import { parsePublicKey } from '../trust/public-key.ts'
import type { TrustedKey } from '../trust/public-key.ts'
import { defaultHash } from '../verify/check-signature.ts'
import type { VerifyOptions } from '../verify/verify-bundle.ts'
import type { GateIo } from './gate-io.ts'
import type { TrustRoot } from '../trust/trust-root.ts'
import { GateError } from './gate-error.ts'
import { trustRootOf } from './named-trust-roots.ts'

export type ViewOptions = Omit<VerifyOptions, 'subject' | 'source' | 'artifact'>

/**
 * What the verification is to be told for a view.
 * @throws GateError UNSUPPORTED, UNKNOWN_KEY, UNKNOWN_TRUST_ROOT, CONFLICTING_TRUST_ROOTS
 * @throws TrustError
 */
export async function viewOptions(view: View, io: GateIo): Promise<ViewOptions> {
  const keys = view.signer.kind === 'key' ? await trustedKeys(view, io) : []
  if (view.otherTrustRoots.length > 0) {
    throw new GateError('CONFLICTING_TRUST_ROOTS', 'the parts of an authority name different trust roots', {
      got: [view.trustRootRef ?? ownTrustRoot, ...view.otherTrustRoots].join(', '),
      hint: 'put all of the material into one TrustRoot',
    })
  }
  const { transparencyLog, sct } = view
  const demand = { keys, now: io.now, transparencyLog, sct }
  if (isBare(view)) return demand
  const trust = await io.trustRoot(view.trustRootRef)
  const { signer } = view
  if (signer.kind !== 'certificate' || signer.caCert === undefined) return { ...demand, trust }
  return { ...demand, trust: { ...trust, certificateAuthorities: privateAuthorities(signer.caCert) } }
}

/** The authority of `ca-cert`, and no other: its certificates, the root last. */
function privateAuthorities(source: KeySource): TrustRoot['certificateAuthorities'] {
  const chain = pemsOf(source, 'certificate').map((pem) => {
    if (pem.startsWith('-----BEGIN CERTIFICATE-----')) return new Uint8Array(new X509Certificate(pem).raw)
    const message = 'ca-cert holds a public key, and no certificate is verified by one'
    throw new GateError('UNSUPPORTED', message, {
      hint: 'put the authority into a TrustRoot under sigstoreKeys',
    })
  })
  const authority = { uri: 'ca-cert', organization: '', commonName: '', chain }
  const none = { timestampAuthorities: [], tlogs: [], ctlogs: [] }
  return trustRootOf({ kind: 'keys', certificateAuthorities: [authority], ...none }).certificateAuthorities
}

async function trustedKeys({ signer }: View, io: GateIo): Promise<readonly TrustedKey[]> {
  if (signer.kind !== 'key') return []
  const { key } = signer
  const keys =
    key.kind === 'kms' && io.keptKey !== undefined
      ? [await keptKey(key.reference, io.keptKey)]
      : pemsOf(key).map(parsePublicKey)
  for (const { algorithm } of keys) {
    if (signer.hashAlgorithm === undefined || signer.hashAlgorithm === defaultHash[algorithm]) continue
    throw new GateError('UNSUPPORTED', `signatures by an ${algorithm} key are verified with another hash`, {
      expected: signer.hashAlgorithm,
      got: defaultHash[algorithm],
    })
  }
  return keys
}

async function keptKey(reference: string, ask: NonNullable<GateIo['keptKey']>): Promise<TrustedKey> {
  try {
    return await ask(reference)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    const { on, expected, got, hint } = error
    throw new GateError('UNKNOWN_KEY', `the public key of ${reference} is not to be had: ${error.message}`, {
      ...(on !== undefined && { on }),
      ...(expected !== undefined && { expected }),
      ...(got !== undefined && { got }),
      hint: hint ?? 'export the public key and put it under key.data',
      cause: error,
    })
  }
}

function pemsOf(key: KeySource, kind = 'public key'): readonly string[] {
  if (key.kind === 'data') return key.pems
  const [what, hint] =
    key.kind === 'secret'
      ? [
          `Secret ${key.name}`,
          'give the file with that Secret with --policy, too, or write the text itself under data',
        ]
      : [`key ${key.reference}`, 'export the public key and put it under key.data']
  throw new GateError('UNKNOWN_KEY', `the ${kind} of ${what} is not to be had here`, { hint })
}
