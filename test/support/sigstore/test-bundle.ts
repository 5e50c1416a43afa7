/** The JSON of a DSSE envelope. */
export interface Envelope {
  readonly payload: string
  readonly payloadType: string
  readonly signatures: readonly { readonly sig: string }[]
}

/** The JSON of a bundle; tests change what they like. */
export interface TestBundle {
  readonly mediaType: string
  readonly verificationMaterial: {
    readonly certificate?: { readonly rawBytes: string }
    readonly publicKey?: { readonly hint: string }
    readonly tlogEntries: readonly TestLogEntry[]
    readonly timestampVerificationData: {
      readonly rfc3161Timestamps: readonly { readonly signedTimestamp: string }[]
    }
  }
  readonly dsseEnvelope?: Envelope
  readonly messageSignature?: unknown
}

export interface TestLogEntry {
  readonly logIndex: string
  readonly logId: { readonly keyId: string }
  readonly kindVersion: { readonly kind: string; readonly version: string }
  readonly integratedTime: string
  readonly inclusionPromise?: { readonly signedEntryTimestamp: string }
  readonly inclusionProof: {
    readonly logIndex: string
    readonly rootHash: string
    readonly treeSize: string
    readonly hashes: readonly string[]
    readonly checkpoint: { readonly envelope: string }
  }
  readonly canonicalizedBody: string
}

export function bundleBytes(bundle: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(bundle))
}
