import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import { pemOf, standInSignature, type KeptByStandIn, type SignedForm } from './kept.ts'
import type { StandIn, StandInAnswer } from './stand-in.ts'

export interface GoogleStandIn {
  readonly token: string
  /** Versions of a key by the resource name of the key. */
  readonly keys: Map<
    string,
    readonly (KeptByStandIn & { readonly state?: string; readonly algorithm?: string })[]
  >
  readonly rings?: Set<string>
  readonly newKey?: (algorithm: string) => KeyObject
  /** Spoils a checksum of the answers. */
  readonly spoilt?: 'pem' | 'signature' | 'request' | 'name'
}

/** Google Cloud KMS, REST version 1. */
export function googleStandIn(google: GoogleStandIn): StandIn {
  return ({ method, url, headers, body }) => {
    if (headers['authorization'] !== `Bearer ${google.token}`)
      return refusal(401, `Request had invalid authentication credentials: ${headers['authorization']}`)
    const path = decodeURIComponent(url.pathname.replace(/^\/v1\//, ''))
    if (method === 'POST' && path.endsWith(':asymmetricSign'))
      return signed(google, path.replace(/:asymmetricSign$/, ''), JSON.parse(body.toString()))
    if (method === 'POST')
      return made(google, path, { query: url.searchParams, body: JSON.parse(body.toString()) })
    if (path.endsWith('/publicKey')) return publicKey(google, path.replace(/\/publicKey$/, ''))
    if (path.endsWith('/cryptoKeyVersions')) return listed(google, path, url.searchParams)
    if (google.keys.has(path)) return { status: 200, body: { name: path, purpose: 'ASYMMETRIC_SIGN' } }
    return google.rings?.has(path) === true
      ? { status: 200, body: { name: path } }
      : refusal(404, `${path} not found.`)
  }
}

function refusal(status: number, message: string): StandInAnswer {
  return { status, body: { error: { code: status, message } } }
}

function versionOf(
  google: GoogleStandIn,
  name: string,
): (KeptByStandIn & { readonly algorithm?: string }) | undefined {
  const [, key = '', number] = /^(.*)\/cryptoKeyVersions\/(\d+)$/.exec(name) ?? []
  return google.keys.get(key)?.[Number(number) - 1]
}

/** One version a page, and the tenth before the second, as names are ordered. */
function listed(google: GoogleStandIn, path: string, query: URLSearchParams): StandInAnswer {
  const key = path.replace(/\/cryptoKeyVersions$/, '')
  const versions = (google.keys.get(key) ?? [])
    .map(({ state = 'ENABLED' }, index) => ({ name: `${key}/cryptoKeyVersions/${index + 1}`, state }))
    .filter(({ state }) => state === 'ENABLED')
    .toSorted((a, b) => (a.name < b.name ? 1 : -1))
  const at = Number(query.get('pageToken') ?? '0')
  const next = at + 1 < versions.length ? { nextPageToken: String(at + 1) } : {}
  return {
    status: 200,
    body: { cryptoKeyVersions: versions.slice(at, at + 1), ...next, totalSize: versions.length },
  }
}

function algorithmOf(key: KeyObject): string {
  const { namedCurve, modulusLength } = createPublicKey(key).asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'ed25519') return 'EC_SIGN_ED25519'
  if (key.asymmetricKeyType === 'rsa') return `RSA_SIGN_PKCS1_${modulusLength}_SHA256`
  return namedCurve === 'prime256v1' ? 'EC_SIGN_P256_SHA256' : 'EC_SIGN_P384_SHA384'
}

function publicKey(google: GoogleStandIn, name: string): StandInAnswer {
  const kept = versionOf(google, name)
  if (kept === undefined) return refusal(404, 'not found')
  const pem = pemOf(kept.key)
  const sum = checksum(Buffer.from(pem)) + (google.spoilt === 'pem' ? 1 : 0)
  const algorithm = kept.algorithm ?? algorithmOf(kept.key)
  return {
    status: 200,
    body: { pem, algorithm, pemCrc32c: String(sum), name: google.spoilt === 'name' ? `${name}0` : name },
  }
}

interface SignRequest {
  readonly digest?: Readonly<Record<string, string>>
  readonly digestCrc32c?: string
  readonly data?: string
  readonly dataCrc32c?: string
}

function signed(google: GoogleStandIn, name: string, asked: SignRequest): StandInAnswer {
  const kept = versionOf(google, name)
  if (kept === undefined) return refusal(404, 'not found')
  const [hash = '', digest] = Object.entries(asked.digest ?? {})[0] ?? []
  const bytes = Buffer.from(digest ?? asked.data ?? '', 'base64')
  if (String(checksum(bytes)) !== (asked.digestCrc32c ?? asked.dataCrc32c)) return refusal(400, 'checksum')
  const form = formOf(asked.data === undefined ? hash : undefined, bytes)
  if (form === undefined || (form.kind === 'message') !== (kept.key.asymmetricKeyType === 'ed25519'))
    return refusal(400, 'the digest does not fit the algorithm')
  return answered(google, { name, form, signature: standInSignature(kept, form) })
}

function answered(
  { spoilt }: GoogleStandIn,
  { name, form, signature }: { readonly name: string; readonly form: SignedForm; readonly signature: Buffer },
): StandInAnswer {
  const sum = checksum(signature) + (spoilt === 'signature' ? 1 : 0)
  const body = { name, signature: signature.toString('base64'), signatureCrc32c: String(sum) }
  const isReceived = spoilt !== 'request'
  const received =
    form.kind === 'message' ? { verifiedDataCrc32c: isReceived } : { verifiedDigestCrc32c: isReceived }
  return { status: 200, body: { ...body, ...received } }
}

function formOf(hash: string | undefined, bytes: Buffer): SignedForm | undefined {
  if (hash === undefined) return { kind: 'message', message: bytes }
  const known = (['sha256', 'sha384', 'sha512'] as const).find((each) => each === hash)
  return known === undefined ? undefined : { kind: 'digest', digest: bytes, hash: known }
}

function made(
  google: GoogleStandIn,
  parent: string,
  {
    query,
    body,
  }: {
    readonly query: URLSearchParams
    readonly body: { readonly versionTemplate?: { readonly algorithm: string } }
  },
): StandInAnswer {
  const ring = query.get('keyRingId')
  if (ring !== null) {
    google.rings?.add(`${parent}/${ring}`)
    return { status: 200, body: {} }
  }
  const key = google.newKey?.(body.versionTemplate?.algorithm ?? '')
  if (key === undefined || google.rings?.has(parent.replace(/\/cryptoKeys$/, '')) !== true)
    return refusal(404, 'no ring')
  google.keys.set(`${parent}/${query.get('cryptoKeyId')}`, [{ key }])
  return { status: 200, body: {} }
}

/** CRC-32C bit by bit, apart from the table of the driver. */
export function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

/** The token endpoint for service accounts: it takes a statement that the account's key signed, for itself, now. */
export function googleTokens(account: {
  readonly email: string
  readonly key: KeyObject
  readonly token: string
  readonly now: () => Date
}): StandIn {
  return ({ url, body }) => {
    const [header = '', claims = '', signature = ''] = (
      new URLSearchParams(body.toString()).get('assertion') ?? ''
    ).split('.')
    const isSigned = verify(
      'sha256',
      Buffer.from(`${header}.${claims}`),
      createPublicKey(account.key),
      Buffer.from(signature, 'base64url'),
    )
    const stated: Record<string, unknown> = JSON.parse(Buffer.from(claims, 'base64url').toString())
    const now = account.now().getTime() / 1000
    const isFresh = Number(stated['iat']) <= now + 1 && Number(stated['exp']) > now
    const isFor = stated['iss'] === account.email && stated['aud'] === `https://${url.host}${url.pathname}`
    if (!isSigned || !isFresh || !isFor)
      return { status: 400, body: { error: 'invalid_grant', assertion: `${header}.${claims}.${signature}` } }
    return { status: 200, body: { access_token: account.token, expires_in: 3599, token_type: 'Bearer' } }
  }
}
