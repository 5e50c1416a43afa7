import { createPublicKey } from 'node:crypto'
import { field, isMissing, textOf, type JsonNode } from '../../../json/json-node.ts'
import type { KeyAlgorithm, TrustedKey } from '../../../trust/public-key.ts'
import type { KeyAccess, KeyWay } from '../../keys/key-access.ts'
import type { NewKeyAlgorithm } from '../../keys/generate-key-pair.ts'
import { misbehaved } from '../../services/service-call.ts'
import { SigningError } from '../../signing-error.ts'
import { askWithToken, type BearerService } from '../bearer-service.ts'
import type { KeptKey } from '../kept-key.ts'
import { digestOf, type KeyTask } from '../key-task.ts'
import { malformedReference, named, servedKey, unsupportedKey, type KeyCall } from '../key-service.ts'
import { azureToken } from './azure-token.ts'
import { ecdsaDer } from './ecdsa-der.ts'

interface AzureReference {
  readonly host: string
  readonly name: string
  readonly version: string | undefined
}

/**
 * A key of an Azure Key Vault or managed HSM (`azurekms://NAME.vault.azure.net/KEY[/VERSION]`). The version whose public
 * half was read is the one that signs.
 * @throws SigningError
 */
export async function azureKey(resource: string, access: KeyAccess): Promise<KeptKey> {
  const reference = parseReference(resource)
  const vault = await openVault(reference, access)
  const { publicKey, path } = await readKey(vault, reference, access)
  return {
    publicKey,
    refuse: (got) => misbehaved(vault.service, got),
    sign: (task, call) => sign({ vault, path }, task, { signal: access.signal, ...call }),
  }
}

const newKeys: Readonly<Partial<Record<NewKeyAlgorithm, object>>> = {
  'ecdsa-p256': { kty: 'EC', crv: 'P-256' },
  'ecdsa-p384': { kty: 'EC', crv: 'P-384' },
  'ecdsa-p521': { kty: 'EC', crv: 'P-521' },
  'rsa-2048': { kty: 'RSA', key_size: 2048 },
  'rsa-3072': { kty: 'RSA', key_size: 3072 },
  'rsa-4096': { kty: 'RSA', key_size: 4096 },
}

/**
 * Makes a key in a vault.
 * @throws SigningError KEY_FILE_EXISTS where there is one of this name, UNSUPPORTED_KEY
 */
export async function createAzureKey(
  resource: string,
  algorithm: NewKeyAlgorithm,
  access: KeyAccess,
): Promise<TrustedKey> {
  const reference = parseReference(resource)
  const vault = await openVault(reference, access, { once: true })
  const kind = newKeys[algorithm]
  if (kind === undefined || reference.version !== undefined)
    throw unsupportedKey(vault.service, { expected: Object.keys(newKeys).join(', '), got: algorithm })
  const path = `/keys/${reference.name}`
  if ((await ask(vault, { path, accept: [200, 404] }, access)).status === 200)
    throw new SigningError('KEY_FILE_EXISTS', 'Azure Key Vault has a key of this name already', {
      on: reference.name,
    })
  const body = { ...kind, key_ops: ['sign', 'verify'], tags: { use: 'sigstore' } }
  await ask(vault, { path: `${path}/create`, body }, access)
  return (await readKey(vault, reference, access)).publicKey
}

/** A token is for the vaults of one cloud, and goes to no other host. */
const clouds: readonly string[] = ['azure.net', 'azure.cn', 'usgovcloudapi.net', 'microsoftazure.de']
const pattern = new RegExp(
  String.raw`^([a-z0-9-]{1,63}\.((?:vault|managedhsm)\.(?:${clouds.join('|').replaceAll('.', String.raw`\.`)})))/([\w-]{1,127})(?:/([a-z0-9]{1,64})?)?$`,
  'i',
)

function parseReference(resource: string): AzureReference {
  const match = pattern.exec(resource)
  if (match === null) throw malformedReference('azurekms://NAME.vault.azure.net/KEY[/VERSION]')
  return { host: (match[1] ?? '').toLowerCase(), name: match[3] ?? '', version: match[4] }
}

async function openVault(
  { host }: AzureReference,
  access: KeyAccess,
  options: Pick<KeyWay, 'once'> = {},
): Promise<BearerService> {
  const resource = `https://${host.slice(host.indexOf('.') + 1)}`
  const service = { name: 'Azure Key Vault', url: `https://${host}` } as const
  return { service, transport: access.connect(options), token: await azureToken(resource, access) }
}

async function readKey(
  vault: BearerService,
  { host, name, version }: AzureReference,
  call: KeyCall,
): Promise<{ readonly publicKey: TrustedKey; readonly path: string }> {
  const { node } = await ask(
    vault,
    { path: `/keys/${name}${version === undefined ? '' : `/${version}`}` },
    call,
  )
  const key = field(node, 'key')
  const id = URL.parse(textOf(field(key, 'kid')))
  const path = id?.pathname ?? ''
  const isAsked = path.toLowerCase().startsWith(`/keys/${name.toLowerCase()}/${version ?? ''}`)
  if (id?.host !== host || !isAsked || path.split('/').length !== 4)
    throw misbehaved(vault.service, 'an answer about another key')
  return { publicKey: readJwk(vault, key), path }
}

const members = ['crv', 'x', 'y', 'n', 'e'] as const

/** Keys in hardware say so in their type. */
function readJwk({ service }: BearerService, key: JsonNode): TrustedKey {
  const jwk = Object.fromEntries([
    ['kty', textOf(field(key, 'kty')).replace(/-HSM$/, '')],
    ...members.flatMap((name) => (isMissing(field(key, name)) ? [] : [[name, textOf(field(key, name))]])),
  ])
  return servedKey(service, { spki: spkiOf(service, jwk) })
}

function spkiOf(service: BearerService['service'], jwk: Readonly<Record<string, string>>): Uint8Array {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' })
  } catch (error) {
    throw misbehaved(service, 'a public key that is none', error)
  }
}

/** RS256 for RSA of every size: the hash that verifiers take for granted. */
const algorithms: Readonly<Partial<Record<KeyAlgorithm, string>>> = {
  'ecdsa-p256': 'ES256',
  'ecdsa-p384': 'ES384',
  'ecdsa-p521': 'ES512',
  rsa: 'RS256',
}

async function sign(
  { vault, path }: { readonly vault: BearerService; readonly path: string },
  task: KeyTask,
  call: KeyCall,
): Promise<Uint8Array> {
  const { service } = vault
  const alg = named(algorithms, { service, algorithm: task.algorithm })
  const body = { alg, value: digestOf(task).toString('base64url') }
  const { node } = await ask(vault, { path: `${path}/sign`, body }, call)
  const text = textOf(field(node, 'value'))
  const value = Buffer.from(text, 'base64url')
  if (value.toString('base64url') !== text || value.byteLength === 0)
    throw misbehaved(service, 'a signature that is none')
  return task.algorithm === 'rsa' ? value : ecdsaDer(value)
}

function ask(
  vault: BearerService,
  question: Parameters<typeof askWithToken>[1],
  call: KeyCall,
): ReturnType<typeof askWithToken> {
  return askWithToken(vault, { ...question, path: `${question.path}?api-version=7.4` }, call)
}
