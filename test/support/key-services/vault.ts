import { createPublicKey, type KeyObject } from 'node:crypto'
import { p256 } from '@noble/curves/nist.js'
import { spkiOf, pemOf, standInSignature, type KeptByStandIn, type SignedForm } from './kept.ts'
import type { StandIn, StandInAnswer } from './stand-in.ts'

export interface VaultStandIn {
  readonly token: string
  readonly namespace?: string
  /** Keys by name, versions in their order. */
  readonly keys: Map<string, readonly KeptByStandIn[]>
  readonly newKey?: (type: string) => KeyObject
}

const hashes = { 'sha2-256': 'sha256', 'sha2-384': 'sha384', 'sha2-512': 'sha512' } as const

/** The transit engine of Vault: reading a key, signing, making a key. */
export function vaultStandIn(vault: VaultStandIn): StandIn {
  return ({ method, url, headers, body }) => {
    if (headers['x-vault-token'] !== vault.token || headers['x-vault-namespace'] !== vault.namespace)
      return { status: 403, body: { errors: ['permission denied', `token ${headers['x-vault-token']}`] } }
    const [, mount, verb, name = '', hash] = url.pathname.split('/').filter((part) => part !== '')
    const versions = vault.keys.get(name)
    if (mount !== 'transit') return { status: 404, body: { errors: ['no handler for route'] } }
    if (verb === 'keys' && method === 'POST') return made(vault, name, JSON.parse(body.toString()))
    if (versions === undefined) return { status: 404, body: { errors: [] } }
    if (verb === 'keys') return { status: 200, body: described(name, versions) }
    if (verb === 'verify') return verified(versions, JSON.parse(body.toString()))
    return signed(versions, hash, JSON.parse(body.toString()))
  }
}

function made(vault: VaultStandIn, name: string, { type }: { readonly type: string }): StandInAnswer {
  const key = vault.newKey?.(type)
  if (key === undefined) return { status: 400, body: { errors: ['unknown key type'] } }
  vault.keys.set(name, [{ key }])
  return { status: 200, body: { data: { name, type } } }
}

function described(name: string, versions: readonly KeptByStandIn[]): object {
  const keys = versions.map(({ key }, index) => [
    String(index + 1),
    { name: typeOf(key), creation_time: '2026-01-01T00:00:00.5Z', public_key: publicKey(key) },
  ])
  const [first] = versions
  return {
    request_id: 'r',
    data: {
      name,
      type: first === undefined ? '' : typeOf(first.key),
      latest_version: versions.length,
      keys: Object.fromEntries(keys),
      supports_signing: true,
    },
  }
}

function publicKey(key: KeyObject): string {
  return key.asymmetricKeyType === 'ed25519' ? spkiOf(key).subarray(-32).toString('base64') : pemOf(key)
}

function typeOf(key: KeyObject): string {
  const { namedCurve, modulusLength } = createPublicKey(key).asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'ed25519') return 'ed25519'
  if (key.asymmetricKeyType === 'rsa') return `rsa-${modulusLength}`
  return (
    { prime256v1: 'ecdsa-p256', secp384r1: 'ecdsa-p384', secp521r1: 'ecdsa-p521' }[namedCurve ?? ''] ?? ''
  )
}

/** Asked by cosign, which lets Vault verify; keys of P-256 are enough for it. */
function verified(
  versions: readonly KeptByStandIn[],
  asked: { readonly input: string; readonly signature: string },
): StandInAnswer {
  const [, version, signature = ''] = /^vault:v(\d+):(.+)$/.exec(asked.signature) ?? []
  const kept = versions[Number(version) - 1]
  const point = kept === undefined ? Buffer.alloc(0) : spkiOf(kept.key).subarray(-65)
  const options = { prehash: false, format: 'der', lowS: false } as const
  const bytes = [signature, asked.input].map((text) => Buffer.from(text, 'base64'))
  return {
    status: 200,
    body: { data: { valid: p256.verify(bytes[0] ?? point, bytes[1] ?? point, point, options) } },
  }
}

interface SignRequest {
  readonly input: string
  readonly prehashed: boolean
  readonly key_version: number | string
  readonly signature_algorithm?: string
}

function signed(
  versions: readonly KeptByStandIn[],
  hash: string | undefined,
  asked: SignRequest,
): StandInAnswer {
  // Nought is the latest.
  const version = Number(asked.key_version) || versions.length
  const kept = versions[version - 1]
  if (kept === undefined) return { status: 400, body: { errors: ['no such version'] } }
  const input = Buffer.from(asked.input, 'base64')
  const isRsa = kept.key.asymmetricKeyType === 'rsa'
  // Without it Vault pads as RSA-PSS.
  if (isRsa && asked.signature_algorithm !== 'pkcs1v15') return { status: 400, body: { errors: ['PSS'] } }
  const name = Object.entries(hashes).find(([each]) => each === hash)?.[1]
  const form: SignedForm =
    asked.prehashed && name !== undefined
      ? { kind: kept.key.asymmetricKeyType === 'ed25519' ? 'ed25519ph' : 'digest', digest: input, hash: name }
      : { kind: 'message', message: input }
  const signature = standInSignature(kept, form).toString('base64')
  return {
    status: 200,
    body: { data: { signature: `vault:v${version}:${signature}`, key_version: version } },
  }
}
