import { createHash, sign, type KeyObject } from 'node:crypto'
import { readAll, type HttpRequest } from '@assay/registry'
import { pemOf, pemOfKey, spkiOf, type KeyPair } from './certificate.ts'
import type { CertifiedIdentity } from './certificate-authority.ts'
import { ecKeyPair, hosts } from './context.ts'
import { integer, boolean, octets, oid, sequence } from './der.ts'
import { messageHash, preAuthEncoding } from './rekor-entry.ts'
import type { Envelope, TestBundle, TestLogEntry } from './test-bundle.ts'
import type { VirtualSigstore } from './virtual-sigstore.ts'

export interface SignBundleOptions {
  /** What is signed: a DSSE payload, or the bytes of a file for a message signature. */
  readonly payload: Uint8Array
  readonly content?: 'dsse' | 'message'
  readonly payloadType?: string
  /** Who signs: a certificate for this identity, or this private key. */
  readonly signer:
    | { readonly identity: CertifiedIdentity }
    | {
        readonly privateKey: KeyObject
        readonly publicKey: KeyObject
        /** A certificate that the test made itself, DER. */
        readonly certificate?: Uint8Array
      }
  /** `intoto` writes the older entry kind of the first log. */
  readonly log?: 'v1' | 'v1-intoto' | 'v2' | 'none'
  readonly timestamp?: boolean
}

/**
 * A bundle v0.3, put together from the virtual services by plain JSON: independent of the code under test, so
 * that verification can be tried before and apart from signing. Returns the parsed form for tests to damage.
 */
export async function signBundle(sigstore: VirtualSigstore, options: SignBundleOptions): Promise<TestBundle> {
  const { signer, log = 'v1' } = options
  const keys = 'identity' in signer ? ecKeyPair() : signer
  const certificate =
    'identity' in signer
      ? sigstore.services.fulcio.issue(signer.identity, keys.publicKey)
      : signer.certificate
  const made = signed(options, { keys, certificate })
  const entries = log === 'none' ? [] : [await logged(sigstore, log, made)]
  const wantsTime = options.timestamp === true || log === 'v2'
  const timestamps = wantsTime ? [await timestamped(sigstore, made.signature)] : []
  const hint = createHash('sha256').update(spkiOf(keys.publicKey)).digest('base64')
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      ...(certificate === undefined
        ? { publicKey: { hint } }
        : { certificate: { rawBytes: base64(certificate) } }),
      tlogEntries: entries,
      timestampVerificationData: { rfc3161Timestamps: timestamps },
    },
    ...(made.envelope === undefined
      ? { messageSignature: messageSignature(made) }
      : { dsseEnvelope: made.envelope }),
  }
}

function signed(
  options: SignBundleOptions,
  by: { readonly keys: KeyPair; readonly certificate: Uint8Array | undefined },
): Made {
  const { payload, payloadType = 'application/vnd.in-toto+json' } = options
  const { publicKey, privateKey } = by.keys
  const isMessage = options.content === 'message'
  const message = isMessage ? payload : preAuthEncoding(payloadType, payload)
  const hash = messageHash(publicKey)
  const signature = sign(publicKey.asymmetricKeyType === 'ed25519' ? null : hash, message, privateKey)
  const envelope = { payload: base64(payload), payloadType, signatures: [{ sig: base64(signature) }] }
  return {
    message,
    signature,
    hash,
    pem: by.certificate === undefined ? pemOfKey(publicKey) : pemOf(by.certificate),
    verifier: verifierOf(by.certificate, publicKey),
    envelope: isMessage ? undefined : envelope,
  }
}

function messageSignature(made: Made): unknown {
  const digest = base64(createHash(made.hash).update(made.message).digest())
  return {
    messageDigest: { algorithm: `SHA2_${made.hash.slice(3)}`, digest },
    signature: base64(made.signature),
  }
}

interface Made {
  readonly message: Uint8Array
  readonly signature: Uint8Array
  readonly hash: 'sha256' | 'sha384' | 'sha512'
  readonly pem: string
  readonly verifier: unknown
  readonly envelope: Envelope | undefined
}

async function logged(
  sigstore: VirtualSigstore,
  log: 'v1' | 'v1-intoto' | 'v2',
  made: Made,
): Promise<TestLogEntry> {
  if (log === 'v2') {
    const digest = base64(createHash(made.hash).update(made.message).digest())
    const signature = { content: base64(made.signature), verifier: made.verifier }
    const answer = await post(
      sigstore,
      `${hosts.rekorV2}/api/v2/log/entries`,
      json({ hashedRekordRequestV002: { digest, signature } }),
    )
    return JSON.parse(answer)
  }
  const proposed = log === 'v1' ? proposedEntry(made) : proposedInToto(made)
  const answer: Readonly<Record<string, RekorV1Entry>> = JSON.parse(
    await post(sigstore, `${hosts.rekorV1}/api/v1/log/entries`, json(proposed)),
  )
  const [entry] = Object.values(answer)
  if (entry === undefined) throw new Error('the log answered without an entry')
  return logEntryOf(entry)
}

interface RekorV1Entry {
  readonly body: string
  readonly integratedTime: number
  readonly logID: string
  readonly logIndex: number
  readonly verification: {
    readonly signedEntryTimestamp: string
    readonly inclusionProof: {
      readonly checkpoint: string
      readonly hashes: readonly string[]
      readonly logIndex: number
      readonly rootHash: string
      readonly treeSize: number
    }
  }
}

function logEntryOf(entry: RekorV1Entry): TestLogEntry {
  const body: { readonly kind: string; readonly apiVersion: string } = JSON.parse(
    Buffer.from(entry.body, 'base64').toString(),
  )
  const proof = entry.verification.inclusionProof
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: hexToBase64(entry.logID) },
    kindVersion: { kind: body.kind, version: body.apiVersion },
    integratedTime: String(entry.integratedTime),
    inclusionPromise: { signedEntryTimestamp: entry.verification.signedEntryTimestamp },
    inclusionProof: {
      logIndex: String(proof.logIndex),
      rootHash: hexToBase64(proof.rootHash),
      treeSize: String(proof.treeSize),
      hashes: proof.hashes.map(hexToBase64),
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: entry.body,
  }
}

function proposedEntry(made: Made): unknown {
  if (made.envelope !== undefined) {
    const proposedContent = {
      envelope: JSON.stringify(made.envelope),
      verifiers: [base64(Buffer.from(made.pem))],
    }
    return { apiVersion: '0.0.1', kind: 'dsse', spec: { proposedContent } }
  }
  const value = createHash(made.hash).update(made.message).digest('hex')
  return {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: made.hash, value } },
      signature: { content: base64(made.signature), publicKey: { content: base64(Buffer.from(made.pem)) } },
    },
  }
}

function proposedInToto(made: Made): unknown {
  const { payload = '', payloadType = '' } = made.envelope ?? {}
  const publicKey = base64(Buffer.from(made.pem))
  const envelope = {
    payloadType,
    payload: base64(Buffer.from(payload)),
    signatures: [{ publicKey, sig: base64(Buffer.from(base64(made.signature))) }],
  }
  const value = createHash('sha256').update(JSON.stringify(made.envelope)).digest('hex')
  const payloadHash = {
    algorithm: 'sha256',
    value: createHash('sha256').update(Buffer.from(payload, 'base64')).digest('hex'),
  }
  return {
    apiVersion: '0.0.2',
    kind: 'intoto',
    spec: { content: { envelope, hash: { algorithm: 'sha256', value }, payloadHash } },
  }
}

export async function timestamped(
  sigstore: VirtualSigstore,
  signature: Uint8Array,
): Promise<{ signedTimestamp: string }> {
  const digest = createHash('sha256').update(signature).digest()
  const query = sequence(
    integer(1),
    sequence(sequence(oid('2.16.840.1.101.3.4.2.1')), octets(digest)),
    boolean(false),
  )
  const request: HttpRequest = {
    method: 'POST',
    url: new URL(`${hosts.tsa}/api/v1/timestamp`),
    headers: { 'content-type': 'application/timestamp-query' },
    body: query,
  }
  return { signedTimestamp: base64(await bytesOf(sigstore, request)) }
}

async function post(sigstore: VirtualSigstore, url: string, body: Uint8Array): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  return Buffer.from(await bytesOf(sigstore, { method: 'POST', url: new URL(url), headers, body })).toString()
}

async function bytesOf(sigstore: VirtualSigstore, request: HttpRequest): Promise<Uint8Array> {
  const response = await sigstore.transport(request)
  const body = await readAll(response.body, { limit: 1_000_000, on: request.url.href })
  if (response.status >= 300)
    throw new Error(`${request.url.href}: ${response.status} ${Buffer.from(body).toString()}`)
  return body
}

function verifierOf(certificate: Uint8Array | undefined, key: KeyObject): unknown {
  const keyDetails = {
    sha256:
      key.asymmetricKeyType === 'rsa'
        ? `PKIX_RSA_PKCS1V15_${key.asymmetricKeyDetails?.modulusLength}_SHA256`
        : 'PKIX_ECDSA_P256_SHA_256',
    sha384: 'PKIX_ECDSA_P384_SHA_384',
    sha512: key.asymmetricKeyType === 'ed25519' ? 'PKIX_ED25519_PH' : 'PKIX_ECDSA_P521_SHA_512',
  }[messageHash(key)]
  return certificate === undefined
    ? { keyDetails, publicKey: { rawBytes: base64(spkiOf(key)) } }
    : { keyDetails, x509Certificate: { rawBytes: base64(certificate) } }
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function hexToBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64')
}
