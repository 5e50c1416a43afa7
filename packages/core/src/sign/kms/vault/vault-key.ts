import { base64Of, countOf, field, isMissing, textOf, type JsonNode } from '../../../json/json-node.ts'
import type { KeyAlgorithm, TrustedKey } from '../../../trust/public-key.ts'
import type { KeyAccess } from '../../keys/key-access.ts'
import type { NewKeyAlgorithm } from '../../keys/generate-key-pair.ts'
import { misbehaved } from '../../services/service-call.ts'
import { SigningError } from '../../signing-error.ts'
import type { KeptKey } from '../kept-key.ts'
import {
  askForJson,
  askKeyService,
  jsonBody,
  malformedReference,
  servedKey,
  unsupportedKey,
} from '../key-service.ts'
import { digestOf, type KeyTask } from '../key-task.ts'
import { vaultAccess, type VaultAccess } from './vault-access.ts'

interface VaultReference {
  readonly name: string
  /** A version of the key; the latest, where none is named. */
  readonly version: string | undefined
}

/** A version of a key, and the way to it. */
interface KeyVersion {
  readonly vault: VaultAccess
  readonly name: string
  readonly version: string
}

/**
 * A key of the transit engine of Vault or OpenBao (`hashivault://NAME[?version=N]`). The version whose public half was
 * read is the one that signs, also where somebody rotates the key in between.
 * @throws SigningError
 */
export async function vaultKey(resource: string, access: KeyAccess): Promise<KeptKey> {
  const reference = parseReference(resource)
  const vault = await vaultAccess(access)
  const { publicKey, version } = await readKey(reference, vault, access)
  const key = { vault, name: reference.name, version }
  return {
    publicKey,
    refuse: (got) => misbehaved(vault.service, got),
    sign: (task, call) => sign(key, task, { signal: access.signal, ...call }),
  }
}

/**
 * Lets the transit engine make a key.
 * @throws SigningError KEY_FILE_EXISTS where there is one of this name
 */
export async function createVaultKey(
  resource: string,
  algorithm: NewKeyAlgorithm,
  access: KeyAccess,
): Promise<TrustedKey> {
  const reference = parseReference(resource)
  const vault = await vaultAccess(access, { once: true })
  const path = keyPath(reference, vault)
  const there = await askKeyService(vault, { method: 'GET', path, ...vault, accept: [200, 404] }, access)
  if (there.status === 200)
    throw new SigningError('KEY_FILE_EXISTS', 'Vault has a key of this name already', { on: reference.name })
  const { headers, body } = jsonBody({ type: algorithm })
  await askKeyService(
    vault,
    {
      method: 'POST',
      path,
      headers: { ...vault.headers, ...headers },
      body,
      accept: [200, 204],
      secrets: vault.secrets,
    },
    access,
  )
  return (await readKey(reference, vault, access)).publicKey
}

function parseReference(resource: string): VaultReference {
  const match = /^(\w(?:[\w.-]*\w)?)(?:\?version=([1-9]\d{0,8}))?$/.exec(resource)
  if (match === null) throw malformedReference('hashivault://NAME or hashivault://NAME?version=N')
  return { name: match[1] ?? '', version: match[2] }
}

const keyPath = ({ name }: VaultReference, { mount }: VaultAccess): string => `/v1/${mount}/keys/${name}`

async function readKey(
  reference: VaultReference,
  vault: VaultAccess,
  access: KeyAccess,
): Promise<{ readonly publicKey: TrustedKey; readonly version: string }> {
  const path = keyPath(reference, vault)
  const answer = await askForJson(vault, { method: 'GET', path, ...vault }, access)
  const data = field(answer, 'data')
  const version = reference.version ?? countOf(field(data, 'latest_version')).toString()
  const entry = field(field(data, 'keys'), version)
  if (isMissing(entry)) throw misbehaved(vault.service, `the key has no version ${version}`)
  return { publicKey: readPublicKey(field(data, 'type'), entry, vault), version }
}

/** SubjectPublicKeyInfo of an Ed25519 key up to the key itself (RFC 8410 §4). */
const ed25519Prefix = Buffer.from('302a300506032b6570032100', 'hex')

function readPublicKey(type: JsonNode, entry: JsonNode, { service }: VaultAccess): TrustedKey {
  const name = textOf(type)
  if (!/^(?:ecdsa-p|rsa-|ed25519$)/.test(name)) throw unsupportedKey(service, { got: name })
  const node = field(entry, 'public_key')
  return name === 'ed25519'
    ? servedKey(service, { spki: Buffer.concat([ed25519Prefix, base64Of(node)]) })
    : servedKey(service, { pem: textOf(node) })
}

const hashNames = { sha256: 'sha2-256', sha384: 'sha2-384', sha512: 'sha2-512' } as const

async function sign(
  { vault, name, version }: KeyVersion,
  task: KeyTask,
  call: { readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const { service, mount } = vault
  const isMessage = task.form === 'message'
  if (task.algorithm === 'ed25519' && !isMessage)
    throw unsupportedKey(service, {
      expected: 'a key of ECDSA or RSA, where a log sees only the hash',
      got: 'ed25519',
    })
  const input = isMessage ? task.message : digestOf(task)
  const { headers, body } = jsonBody({
    input: Buffer.from(input).toString('base64'),
    prehashed: !isMessage,
    key_version: Number(version),
    ...extras[task.algorithm],
  })
  const path = `/v1/${mount}/sign/${name}${isMessage ? '' : `/${hashNames[task.hash]}`}`
  const question = {
    method: 'POST',
    path,
    headers: { ...vault.headers, ...headers },
    body,
    secrets: vault.secrets,
  } as const
  const answer = await askForJson(vault, question, call)
  const text = textOf(field(field(answer, 'data'), 'signature'))
  const match = /^[a-z]+:v(\d+):(.+)$/.exec(text)
  if (match?.[1] !== version) throw misbehaved(service, `a signature that is none of version ${version}`)
  return base64Of({
    value: match[2],
    path: 'data.signature',
    refuse: (message) => misbehaved(service, message),
  })
}

const extras: Readonly<Record<KeyAlgorithm, object>> = {
  'ecdsa-p256': { marshaling_algorithm: 'asn1' },
  'ecdsa-p384': { marshaling_algorithm: 'asn1' },
  'ecdsa-p521': { marshaling_algorithm: 'asn1' },
  rsa: { signature_algorithm: 'pkcs1v15' },
  ed25519: {},
}
