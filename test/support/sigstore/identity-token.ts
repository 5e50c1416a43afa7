import { sign, verify } from 'node:crypto'
import type { KeyPair } from './certificate.ts'
import type { CertifiedIdentity } from './certificate-authority.ts'

export interface TokenRequest extends CertifiedIdentity {
  readonly audience?: string
  readonly issuedAt: Date
  readonly expiresAt: Date
  /** More claims, or others in their place. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** A JSON web token (ES256) of the virtual identity provider. */
export function issueToken(provider: KeyPair, request: TokenRequest): string {
  const isEmail = request.subject.includes('@') && !request.subject.includes('://')
  const claims = {
    iss: request.issuer,
    aud: request.audience ?? 'sigstore',
    sub: isEmail ? `id-of-${request.subject}` : request.subject,
    ...(isEmail ? { email: request.subject, email_verified: true } : {}),
    iat: seconds(request.issuedAt),
    exp: seconds(request.expiresAt),
    ...(request.extensions === undefined ? {} : { fulcio_extensions: request.extensions }),
    ...request.claims,
  }
  const signed = `${encode({ alg: 'ES256', typ: 'JWT' })}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(signed), {
    key: provider.privateKey,
    dsaEncoding: 'ieee-p1363',
  })
  return `${signed}.${signature.toString('base64url')}`
}

/** The identity that a token speaks for and the name that its holder must sign; a refusal is a string. */
export function readToken(
  provider: KeyPair,
  token: string,
  now: Date,
): { readonly identity: CertifiedIdentity; readonly challenge: string } | string {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const genuine = verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    { key: provider.publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
  if (!genuine) return 'the token is not of the identity provider'
  const claims: Readonly<Record<string, unknown>> = JSON.parse(Buffer.from(payload, 'base64url').toString())
  if (![claims['aud']].flat().includes('sigstore')) return 'the token is for another audience'
  if (Number(claims['exp']) < seconds(now)) return 'the token has expired'
  const subject = String(claims['email'] ?? claims['sub'])
  const extensions = claims['fulcio_extensions']
  return {
    identity: {
      subject,
      issuer: String(claims['iss']),
      ...(isStrings(extensions) ? { extensions } : {}),
    },
    challenge: subject,
  }
}

function isStrings(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((item) => typeof item === 'string')
  )
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1000)
}
