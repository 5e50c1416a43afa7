import { createPublicKey, type KeyObject } from 'node:crypto'
import { standInSignature, type KeptByStandIn } from './kept.ts'
import type { StandIn, StandInAnswer } from './stand-in.ts'

export interface AzureStandIn {
  readonly host: string
  readonly token: string
  /** Keys by name. */
  readonly keys: Map<string, KeptByStandIn & { readonly version?: string; readonly kty?: string }>
  readonly newKey?: (description: {
    readonly kty: string
    readonly crv?: string
    readonly key_size?: number
  }) => KeyObject
}

const hashes = { ES256: 'sha256', ES384: 'sha384', ES512: 'sha512', RS256: 'sha256' } as const
const curves: Readonly<Record<string, string>> = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' }

/** A key vault of Azure, REST version 7.4. */
export function azureStandIn(azure: AzureStandIn): StandIn {
  return ({ method, url, headers, body }) => {
    if (headers['authorization'] !== `Bearer ${azure.token}`)
      return { status: 401, body: { error: { code: 'Unauthorized', message: headers['authorization'] } } }
    if (url.searchParams.get('api-version') !== '7.4') return { status: 400, body: {} }
    const [, , name = '', version, verb] = url.pathname.split('/')
    if (method === 'POST' && version === 'create') return made(azure, name, JSON.parse(body.toString()))
    const kept = azure.keys.get(name)
    if (kept === undefined) return { status: 404, body: { error: { code: 'KeyNotFound', message: name } } }
    if (version !== undefined && version !== (kept.version ?? 'v1')) return { status: 404, body: {} }
    return verb === 'sign'
      ? signed(azure, kept, JSON.parse(body.toString()))
      : { status: 200, body: described(azure, name, kept) }
  }
}

function made(
  azure: AzureStandIn,
  name: string,
  description: Parameters<NonNullable<AzureStandIn['newKey']>>[0],
): StandInAnswer {
  const key = azure.newKey?.(description)
  if (key !== undefined) azure.keys.set(name, { key })
  return { status: key === undefined ? 400 : 200, body: {} }
}

function jwkOf(key: KeyObject): { readonly kty?: string; readonly crv?: string } {
  return createPublicKey(key).export({ format: 'jwk' })
}

function described(
  azure: AzureStandIn,
  name: string,
  kept: KeptByStandIn & { readonly version?: string; readonly kty?: string },
): object {
  const kid = `https://${azure.host}/keys/${name}/${kept.version ?? 'v1'}`
  const jwk = jwkOf(kept.key)
  return {
    key: { kid, ...jwk, kty: kept.kty ?? jwk.kty, key_ops: ['sign', 'verify'] },
    attributes: { enabled: true },
  }
}

function signed(
  azure: AzureStandIn,
  kept: KeptByStandIn,
  { alg, value }: { readonly alg: keyof typeof hashes; readonly value: string },
): StandInAnswer {
  const jwk = jwkOf(kept.key)
  if (alg !== (jwk.kty === 'RSA' ? 'RS256' : curves[jwk.crv ?? '']))
    return { status: 400, body: { error: { code: 'BadParameter' } } }
  const digest = Buffer.from(value, 'base64url')
  const signature = standInSignature(kept, { kind: 'digest', digest, hash: hashes[alg] })
  const isPair = jwk.kty === 'EC' && kept.garbage !== true
  return {
    status: 200,
    body: {
      kid: `https://${azure.host}/keys/k/v1`,
      value: (isPair ? pairOf(signature, jwk.crv ?? '') : signature).toString('base64url'),
    },
  }
}

/** DER to two numbers of the curve's size, side by side. */
function pairOf(der: Buffer, curve: string): Buffer {
  const size = { 'P-256': 32, 'P-384': 48, 'P-521': 66 }[curve] ?? 0
  const start = (der[1] ?? 0) >= 0x80 ? 3 : 2
  const first = der.subarray(start + 2, start + 2 + (der[start + 1] ?? 0))
  const second = der.subarray(start + 2 + first.byteLength + 2)
  return Buffer.concat(
    [first, second].map((number) => {
      const digits = number.subarray(number[0] === 0 ? 1 : 0)
      return Buffer.concat([Buffer.alloc(size - digits.byteLength), digits])
    }),
  )
}

/** The token endpoint of a tenant: client credentials, by secret or by a federated token. */
export function azureTokens(app: {
  readonly tenant: string
  readonly client: string
  readonly secret: string
  readonly token: string
  readonly scope: string
}): StandIn {
  return ({ url, body }) => {
    const form = new URLSearchParams(body.toString())
    const given = form.get('client_secret') ?? form.get('client_assertion')
    const isKnown =
      url.pathname === `/${app.tenant}/oauth2/v2.0/token` &&
      form.get('client_id') === app.client &&
      given === app.secret
    if (!isKnown || form.get('scope') !== app.scope)
      return { status: 401, body: { error: 'invalid_client', error_description: `no: ${given}` } }
    return { status: 200, body: { access_token: app.token, token_type: 'Bearer', expires_in: 3599 } }
  }
}
