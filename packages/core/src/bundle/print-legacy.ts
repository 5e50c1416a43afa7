import { printEnvelope } from './print-envelope.ts'
import type { BundleKey, LogEntry, SignedBundle } from './signed-bundle.ts'

/** One layer of cosign's `.sig` or `.att` manifest: a blob, and annotations that prove it. */
export interface LegacyLayer {
  readonly content: Uint8Array
  readonly annotations: Readonly<Record<string, string>>
}

/** Cosign's payload about an image (cosign specs/SIGNATURE_SPEC.md). */
export function simpleSigningPayload(
  manifestDigest: string,
  about: { readonly repository: string; readonly annotations: Readonly<Record<string, string>> },
): Uint8Array {
  const { repository, annotations } = about
  const payload = {
    critical: {
      identity: { 'docker-reference': repository },
      image: { 'docker-manifest-digest': manifestDigest },
      type: 'cosign container image signature',
    },
    optional: Object.keys(annotations).length === 0 ? null : annotations,
  }
  return Buffer.from(JSON.stringify(payload))
}

/**
 * A layer of a `.sig` manifest for a signed payload, or of an `.att` manifest for a signed statement: what
 * `parseLegacySignature` and `parseLegacyAttestation` read.
 */
export function printLegacy(bundle: SignedBundle, payload: Uint8Array): LegacyLayer {
  const { content, key, logEntries, timestamps } = bundle
  const [entry] = logEntries
  const [timestamp] = timestamps
  const proofs = {
    ...certificateOf(key),
    ...(entry !== undefined && { 'dev.sigstore.cosign/bundle': logEntryOf(entry) }),
    ...(timestamp !== undefined && {
      'dev.sigstore.cosign/rfc3161timestamp': JSON.stringify({ SignedRFC3161Timestamp: base64(timestamp) }),
    }),
  }
  const name = 'dev.cosignproject.cosign/signature'
  return content.kind === 'dsse'
    ? { content: printEnvelope(content), annotations: { [name]: '', ...proofs } }
    : { content: payload, annotations: { [name]: base64(content.signature), ...proofs } }
}

function certificateOf(key: BundleKey): Readonly<Record<string, string>> {
  if (key.kind !== 'certificate') return {}
  const lines = base64(key.certificate).match(/.{1,64}/g) ?? []
  const pem = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
  return { 'dev.sigstore.cosign/certificate': pem }
}

/** Numbers stay below 2^53: logs of that length do not exist. */
function logEntryOf(entry: LogEntry): string {
  return JSON.stringify({
    SignedEntryTimestamp: base64(entry.promise ?? new Uint8Array()),
    Payload: {
      body: base64(entry.body),
      integratedTime: Number(entry.integratedTime),
      logIndex: Number(entry.logIndex),
      logID: Buffer.from(entry.logId).toString('hex'),
    },
  })
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
