import type { BundleContent, BundleKey, LogEntry, SignedBundle } from './signed-bundle.ts'

/**
 * Writes a Sigstore bundle v0.3 (sigstore/protobuf-specs sigstore_bundle.proto) in Protobuf's JSON form. Of a
 * certificate chain only the leaf is written: v0.3 has no place for more.
 */
export function printBundle(bundle: SignedBundle): Uint8Array {
  const document = {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      ...keyOf(bundle.key),
      tlogEntries: bundle.logEntries.map(logEntryOf),
      timestampVerificationData: {
        rfc3161Timestamps: bundle.timestamps.map((timestamp) => ({ signedTimestamp: base64(timestamp) })),
      },
    },
    ...contentOf(bundle.content),
  }
  return Buffer.from(JSON.stringify(document))
}

function keyOf(key: BundleKey): object {
  return key.kind === 'certificate'
    ? { certificate: { rawBytes: base64(key.certificate) } }
    : { publicKey: { hint: key.hint } }
}

function contentOf(content: BundleContent): object {
  if (content.kind === 'dsse') {
    const { payloadType } = content
    const signatures = [{ sig: base64(content.signature) }]
    return { dsseEnvelope: { payload: base64(content.payload), payloadType, signatures } }
  }
  const { digest } = content
  const messageDigest = digest && {
    algorithm: `SHA2_${digest.algorithm.slice('sha'.length)}`,
    digest: base64(digest.value),
  }
  return {
    messageSignature: { ...(messageDigest && { messageDigest }), signature: base64(content.signature) },
  }
}

function logEntryOf(entry: LogEntry): unknown {
  const { proof, promise } = entry
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: base64(entry.logId) },
    kindVersion: { kind: entry.kind, version: entry.version },
    integratedTime: String(entry.integratedTime),
    ...(promise === undefined ? {} : { inclusionPromise: { signedEntryTimestamp: base64(promise) } }),
    ...(proof === undefined
      ? {}
      : {
          inclusionProof: {
            logIndex: String(proof.logIndex),
            rootHash: base64(proof.rootHash),
            treeSize: String(proof.treeSize),
            hashes: proof.hashes.map(base64),
            ...(proof.checkpoint === undefined ? {} : { checkpoint: { envelope: proof.checkpoint } }),
          },
        }),
    canonicalizedBody: base64(entry.body),
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
