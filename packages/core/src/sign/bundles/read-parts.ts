import { parseStrictJson, RegistryError } from '@assay/registry'
import { readEnvelope } from '../../bundle/parse-bundle.ts'
import { parseDetached } from '../../bundle/parse-detached.ts'
import type { BundleContent, LogEntry } from '../../bundle/signed-bundle.ts'
import { field, filledBase64Of, type JsonNode } from '../../json/json-node.ts'
import { VerificationError } from '../../refusal/verification-error.ts'
import { decodePem, parsePublicKey, type TrustedKey } from '../../trust/public-key.ts'
import type { BundleParts } from './assemble-bundle.ts'

/** The files that cosign wrote beside what it signed, as they are. */
export interface PartFiles {
  /** Base64. */
  readonly signature: Uint8Array | undefined
  /** A DSSE envelope, JSON. */
  readonly attestation: Uint8Array | undefined
  /** What cosign v1 and v2 wrote with `--bundle`. */
  readonly bundle: Uint8Array | undefined
  /** PEM, or base64 of PEM as cosign writes it. */
  readonly certificate: Uint8Array | undefined
  readonly key: TrustedKey | undefined
  /** A TimeStampResp in DER, or `{"SignedRFC3161Timestamp": …}` as cosign writes it. */
  readonly timestamp: Uint8Array | undefined
}

/**
 * Reads the parts of a signature, of which exactly one holds the signature itself.
 * @throws VerificationError MALFORMED_BUNDLE, TrustError
 */
export function readBundleParts(files: PartFiles): BundleParts {
  const holders = [files.signature, files.attestation, files.bundle].filter((file) => file !== undefined)
  if (holders.length !== 1)
    throw malformed('it takes exactly one of a signature, an attestation and a bundle')
  const old = files.bundle === undefined ? undefined : readOldBundle(files.bundle)
  const { content = contentOf(files), certificate, key, logEntry } = old ?? {}
  return {
    content,
    signer: signerOf(
      files.certificate === undefined ? certificate : certificateOf(files.certificate),
      files.key ?? key,
    ),
    timestamps: [
      ...(old?.timestamps ?? []),
      ...(files.timestamp === undefined ? [] : [timestampOf(files.timestamp)]),
    ],
    ...(logEntry !== undefined && { logEntry }),
  }
}

interface OldBundle {
  readonly content: BundleContent
  readonly certificate: Uint8Array | undefined
  readonly key: TrustedKey | undefined
  readonly logEntry: LogEntry | undefined
  readonly timestamps: readonly Uint8Array[]
}

function readOldBundle(bytes: Uint8Array): OldBundle {
  const { format, content, key, logEntries, timestamps } = parseDetached(bytes)
  // parseDetached gives no simple signing: that is a layer of an image.
  if (format !== 'legacy' || content.kind === 'simple-signing')
    throw malformed('the bundle is one of Sigstore’s already', 'use `assay bundle upgrade`')
  return {
    content,
    certificate: key.kind === 'certificate' ? key.certificate : undefined,
    key: keyIn(bytes),
    logEntry: logEntries[0],
    timestamps,
  }
}

function signerOf(certificate: Uint8Array | undefined, key: TrustedKey | undefined): BundleParts['signer'] {
  if (certificate !== undefined && key !== undefined)
    throw malformed('it names both a certificate and a key that signed')
  if (certificate !== undefined) return { kind: 'certificate', certificate }
  if (key !== undefined) return { kind: 'key', key }
  throw malformed('it does not say who signed', 'give --certificate, or --key')
}

/** A bundle of old of a signature with a key can hold the public key in place of the certificate. */
function keyIn(bundle: Uint8Array): TrustedKey | undefined {
  const { value } = field(json(bundle, 'bundle'), 'cert')
  const pem = typeof value === 'string' ? Buffer.from(value, 'base64').toString('latin1') : ''
  return decodePem(pem, 'PUBLIC KEY') === undefined ? undefined : parsePublicKey(pem)
}

function contentOf({ signature, attestation }: PartFiles): BundleContent {
  if (attestation !== undefined)
    return { ...readEnvelope(json(attestation, 'envelope')), envelope: attestation }
  const value = Buffer.from(signature ?? new Uint8Array())
    .toString('latin1')
    .trim()
  return { kind: 'message', signature: filledBase64Of({ value, path: 'the signature', refuse: malformed }) }
}

function certificateOf(file: Uint8Array): Uint8Array {
  const text = Buffer.from(file).toString('latin1')
  const pem = text.trimStart().startsWith('-----') ? text : Buffer.from(text, 'base64').toString('latin1')
  const certificate = decodePem(pem, 'CERTIFICATE')
  if (certificate === undefined) throw malformed('the certificate is not exactly one, in PEM or base64 of it')
  return certificate
}

function timestampOf(file: Uint8Array): Uint8Array {
  return file[0] === 0x30 ? file : filledBase64Of(field(json(file, 'timestamp'), 'SignedRFC3161Timestamp'))
}

function json(bytes: Uint8Array, path: string): JsonNode {
  try {
    return { value: parseStrictJson(bytes, { on: path }), path, refuse: malformed }
  } catch (error) {
    if (error instanceof RegistryError) throw malformed(error.message)
    throw error
  }
}

function malformed(got: string, hint?: string): VerificationError {
  return new VerificationError('MALFORMED_BUNDLE', 'the parts make no bundle', {
    step: 'bundle',
    got,
    ...(hint !== undefined && { hint }),
  })
}
