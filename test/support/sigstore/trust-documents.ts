import type { KeyObject } from 'node:crypto'
import { spkiOf, type KeyPair } from './certificate.ts'
import { beginning, hosts } from './context.ts'
import { logIdOf } from './ct-log.ts'
import type { Fulcio } from './fulcio.ts'
import type { TimestampAuthority } from './timestamp-authority.ts'

const validFor = { start: beginning.toISOString() }

interface Services {
  readonly fulcio: Fulcio
  readonly rekorV1: { readonly keys: KeyPair; readonly keyId: Uint8Array }
  readonly rekorV2: { readonly keys: KeyPair; readonly keyId: Uint8Array }
  readonly tsa: TimestampAuthority
}

/** The TrustedRoot document (protobuf-specs sigstore_trustroot.proto) of the virtual Sigstore. */
export function trustedRootOf(services: Services): Uint8Array {
  const { fulcio, rekorV1, rekorV2, tsa } = services
  return document({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [
      log(hosts.rekorV1, {
        key: rekorV1.keys.publicKey,
        keyId: rekorV1.keyId,
        details: 'PKIX_ECDSA_P256_SHA_256',
      }),
      log(hosts.rekorV2, { key: rekorV2.keys.publicKey, keyId: rekorV2.keyId, details: 'PKIX_ED25519' }),
    ],
    certificateAuthorities: [
      authority(hosts.fulcio, [fulcio.authority.intermediate, fulcio.authority.root], 'virtual fulcio'),
    ],
    ctlogs: [
      log(hosts.ctLog, {
        key: fulcio.ctLog.publicKey,
        keyId: logIdOf(fulcio.ctLog),
        details: 'PKIX_ECDSA_P256_SHA_256',
      }),
    ],
    timestampAuthorities: [authority(hosts.tsa, tsa.chain, 'virtual timestamp authority')],
  })
}

export interface SigningConfigChoice {
  /** Which logs new entries go to. */
  readonly rekor: 'v1' | 'v2' | 'both' | 'none'
  readonly timestamps: boolean
  /** Where the services are reached: one base for all of them; without it, their own host names. */
  readonly base?: string
}

/** The SigningConfig document, version 0.2. */
export function signingConfigOf(choice: SigningConfigChoice): Uint8Array {
  const rekor = [
    ...(choice.rekor === 'v1' || choice.rekor === 'both'
      ? [service(choice.base ?? hosts.rekorV1, 1, 'v1.test')]
      : []),
    ...(choice.rekor === 'v2' || choice.rekor === 'both'
      ? [service(choice.base ?? hosts.rekorV2, 2, 'v2.test')]
      : []),
  ]
  return document({
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [service(choice.base ?? hosts.fulcio, 1, 'sigstore.test')],
    oidcUrls: [service(choice.base ?? hosts.issuer, 1, 'sigstore.test')],
    rekorTlogUrls: rekor,
    rekorTlogConfig: { selector: choice.rekor === 'both' ? 'ALL' : 'ANY' },
    tsaUrls: choice.timestamps
      ? [service(`${choice.base ?? hosts.tsa}/api/v1/timestamp`, 1, 'sigstore.test')]
      : [],
    tsaConfig: { selector: 'ANY' },
  })
}

function service(url: string, majorApiVersion: number, operator: string): unknown {
  return { url, majorApiVersion, validFor, operator }
}

function log(
  baseUrl: string,
  of: { readonly key: KeyObject; readonly keyId: Uint8Array; readonly details: string },
): unknown {
  return {
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: base64(spkiOf(of.key)), keyDetails: of.details, validFor },
    logId: { keyId: base64(of.keyId) },
  }
}

function authority(uri: string, certificates: readonly Uint8Array[], commonName: string): unknown {
  return {
    subject: { organization: 'assay virtual sigstore', commonName },
    uri,
    certChain: { certificates: certificates.map((certificate) => ({ rawBytes: base64(certificate) })) },
    validFor,
  }
}

function document(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`)
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
