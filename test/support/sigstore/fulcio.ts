import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import {
  createAuthority,
  issueSigningCertificate,
  type Authority,
  type CertifiedIdentity,
} from './certificate-authority.ts'
import { pemOf, type KeyPair } from './certificate.ts'
import { ecKeyPair, type Context } from './context.ts'
import { readToken } from './identity-token.ts'
import { refusal, json, type Answer } from './answer.ts'

export interface CertificateCall {
  readonly body: Uint8Array
  readonly authorization?: string
}

/** The certificate authority: gives certificates to holders of a token. */
export interface Fulcio {
  readonly authority: Authority
  readonly ctLog: KeyPair
  readonly provider: KeyPair
  /** POST /api/v2/signingCert */
  readonly signingCertificate: (request: CertificateCall) => Answer
  /** POST /api/v1/signingCert, which cosign 2 speaks */
  readonly signingCertificateV1: (request: CertificateCall) => Answer
  /** A certificate without asking for a token. */
  readonly issue: (identity: CertifiedIdentity, publicKey: KeyObject) => Uint8Array
}

export function createFulcio(context: Context): Fulcio {
  const authority = createAuthority('virtual fulcio')
  const foreignAuthority = createAuthority('virtual fulcio')
  const ctLog = ecKeyPair()
  const foreignCtLog = ecKeyPair()
  const provider = ecKeyPair()

  function issue(identity: CertifiedIdentity, publicKey: KeyObject): Uint8Array {
    return issueSigningCertificate(context.lies('foreign-authority') ? foreignAuthority : authority, {
      identity: context.lies('wrong-certificate-subject')
        ? { ...identity, subject: 'mallory@sigstore.test' }
        : identity,
      publicKey: context.lies('wrong-certificate-key') ? ecKeyPair().publicKey : publicKey,
      at: context.now(),
      ...(context.lies('no-sct') ? {} : { ctLog: context.lies('foreign-sct') ? foreignCtLog : ctLog }),
      otherPromise: context.lies('wrong-sct'),
    })
  }

  function chainFor(request: CertificateRequest): readonly string[] | Answer {
    const token = readToken(provider, request.token, context.now())
    if (typeof token === 'string') return refusal(401, token)
    const proven = verify('sha256', Buffer.from(token.challenge), request.publicKey, request.proof)
    if (!proven) return refusal(400, 'the proof of possession does not verify')
    const leaf = issue(token.identity, request.publicKey)
    return [leaf, authority.intermediate, authority.root].map(pemOf)
  }

  function signingCertificate(call: CertificateCall): Answer {
    const certificates = chainFor(parseRequest(call))
    return 'status' in certificates
      ? certificates
      : json(200, { signedCertificateEmbeddedSct: { chain: { certificates } } })
  }

  function signingCertificateV1(call: CertificateCall): Answer {
    const certificates = chainFor(parseRequestV1(call))
    if ('status' in certificates) return certificates
    const headers = { 'content-type': 'application/pem-certificate-chain' }
    return { status: 201, headers, body: Buffer.from(certificates.join('')) }
  }

  return { authority, ctLog, provider, signingCertificate, signingCertificateV1, issue }
}

interface CertificateRequest {
  readonly token: string
  readonly publicKey: KeyObject
  readonly proof: Uint8Array
}

interface CertificateRequestBody {
  readonly credentials?: { readonly oidcIdentityToken: string }
  readonly publicKeyRequest: {
    readonly publicKey: { readonly algorithm: string; readonly content: string }
    readonly proofOfPossession: string
  }
}

/** The token comes in the body, or as Go clients send it, in the header. */
function parseRequest(call: CertificateCall): CertificateRequest {
  const { credentials, publicKeyRequest }: CertificateRequestBody = JSON.parse(
    Buffer.from(call.body).toString(),
  )
  return {
    token: credentials?.oidcIdentityToken ?? call.authorization?.replace(/^Bearer /, '') ?? '',
    publicKey: createPublicKey(publicKeyRequest.publicKey.content),
    proof: Buffer.from(publicKeyRequest.proofOfPossession, 'base64'),
  }
}

interface CertificateRequestBodyV1 {
  readonly publicKey: { readonly algorithm: string; readonly content: string }
  readonly signedEmailAddress: string
}

/** The key is DER, or PEM that was encoded once more. */
function parseRequestV1(call: CertificateCall): CertificateRequest {
  const body: CertificateRequestBodyV1 = JSON.parse(Buffer.from(call.body).toString())
  const key = Buffer.from(body.publicKey.content, 'base64')
  return {
    token: call.authorization?.replace(/^Bearer /, '') ?? '',
    publicKey: createPublicKey(
      key.toString().startsWith('-----BEGIN') ? key.toString() : { key, format: 'der', type: 'spki' },
    ),
    proof: Buffer.from(body.signedEmailAddress, 'base64'),
  }
}
