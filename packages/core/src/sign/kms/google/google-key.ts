import {
  countOf,
  field,
  filledBase64Of,
  listOf,
  objectOf,
  textOf,
  type JsonNode,
} from '../../../json/json-node.ts'
import type { KeyAlgorithm, TrustedKey } from '../../../trust/public-key.ts'
import type { KeyAccess } from '../../keys/key-access.ts'
import type { NewKeyAlgorithm } from '../../keys/generate-key-pair.ts'
import { misbehaved } from '../../services/service-call.ts'
import { SigningError } from '../../signing-error.ts'
import type { KeptKey } from '../kept-key.ts'
import type { BearerService } from '../bearer-service.ts'
import { digestOf, type KeyTask } from '../key-task.ts'
import { named, servedKey, unsupportedKey, type KeyCall } from '../key-service.ts'
import { crc32c } from './crc32c.ts'
import { askGoogleKms, googleKms, parseGoogleReference, type GoogleReference } from './google-kms.ts'

/**
 * A key of Google Cloud KMS (`gcpkms://projects/…/cryptoKeys/NAME[/cryptoKeyVersions/N]`); without a version, the newest
 * that is enabled.
 * @throws SigningError
 */
export async function googleKey(resource: string, access: KeyAccess): Promise<KeptKey> {
  const reference = parseGoogleReference(resource)
  const kms = await googleKms(access)
  const version = reference.version ?? (await newestVersion(kms, reference, access))
  const publicKey = await readKey(kms, version, access)
  return {
    publicKey,
    refuse: (got) => misbehaved(kms.service, got),
    sign: (task, call) => sign({ kms, version }, task, { signal: access.signal, ...call }),
  }
}

const newAlgorithms: Readonly<Partial<Record<NewKeyAlgorithm, string>>> = {
  'ecdsa-p256': 'EC_SIGN_P256_SHA256',
  'ecdsa-p384': 'EC_SIGN_P384_SHA384',
  'rsa-2048': 'RSA_SIGN_PKCS1_2048_SHA256',
  'rsa-3072': 'RSA_SIGN_PKCS1_3072_SHA256',
  'rsa-4096': 'RSA_SIGN_PKCS1_4096_SHA256',
  ed25519: 'EC_SIGN_ED25519',
}

/**
 * Makes a key, and its key ring where there is none.
 * @throws SigningError KEY_FILE_EXISTS where there is a key of this name, UNSUPPORTED_KEY
 */
export async function createGoogleKey(
  resource: string,
  algorithm: NewKeyAlgorithm,
  access: KeyAccess,
): Promise<TrustedKey> {
  const reference = parseGoogleReference(resource)
  const kms = await googleKms(access, { once: true })
  const kind = newAlgorithms[algorithm]
  if (kind === undefined || reference.version !== undefined)
    throw unsupportedKey(kms.service, { expected: Object.keys(newAlgorithms).join(', '), got: algorithm })
  const { ring, name, location, ringName } = reference
  if (await isThere(kms, name, access))
    throw new SigningError('KEY_FILE_EXISTS', 'Google Cloud KMS has a key of this name already', { on: name })
  if (!(await isThere(kms, ring, access)))
    await askGoogleKms(kms, { path: `${location}/keyRings?keyRingId=${ringName}`, body: {} }, access)
  const body = { purpose: 'ASYMMETRIC_SIGN', versionTemplate: { algorithm: kind } }
  await askGoogleKms(kms, { path: `${ring}/cryptoKeys?cryptoKeyId=${reference.keyName}`, body }, access)
  return readKey(kms, await newestVersion(kms, reference, access), access)
}

async function isThere(kms: BearerService, path: string, call: KeyCall): Promise<boolean> {
  return (await askGoogleKms(kms, { path, accept: [200, 404] }, call)).status === 200
}

/** Versions of one key, which are few; more than this is not looked through. */
const maxPages = 20

async function newestVersion(kms: BearerService, { name }: GoogleReference, call: KeyCall): Promise<string> {
  let newest = 0n
  let page = ''
  for (let count = 0; count < maxPages; count += 1) {
    const query = new URLSearchParams({
      filter: 'state=ENABLED',
      pageSize: '100',
      ...(page !== '' && { pageToken: page }),
    })
    // oxlint-disable-next-line no-await-in-loop -- a page names the next
    const { node } = await askGoogleKms(kms, { path: `${name}/cryptoKeyVersions?${query.toString()}` }, call)
    for (const version of listOf(field(node, 'cryptoKeyVersions'), 1000)) {
      const number = /\/cryptoKeyVersions\/([1-9]\d{0,17})$/.exec(textOf(field(version, 'name')))?.[1]
      const isEnabled = field(version, 'state').value === 'ENABLED'
      if (number !== undefined && isEnabled && BigInt(number) > newest) newest = BigInt(number)
    }
    page = textOf({ ...field(node, 'nextPageToken'), value: field(node, 'nextPageToken').value ?? '' })
    if (page === '') break
  }
  if (newest > 0n) return `${name}/cryptoKeyVersions/${newest}`
  throw unsupportedKey(kms.service, { expected: 'a version that is enabled', got: 'none' })
}

async function readKey(kms: BearerService, version: string, call: KeyCall): Promise<TrustedKey> {
  const { node } = await askGoogleKms(kms, { path: `${version}/publicKey` }, call)
  const pem = textOf(field(node, 'pem'))
  checkSum(kms, Buffer.from(pem), field(node, 'pemCrc32c'))
  checkName(kms, version, node)
  const algorithm = textOf(field(node, 'algorithm'))
  const key = servedKey(kms.service, { pem })
  // RSA keys here are bound to a padding and a hash of their own.
  if (!named(algorithms, { service: kms.service, algorithm: key.algorithm }).test(algorithm))
    throw unsupportedKey(kms.service, {
      expected: 'ECDSA, Ed25519, or RSA as PKCS1 with SHA256',
      got: algorithm,
    })
  return key
}

const algorithms: Readonly<Partial<Record<KeyAlgorithm, RegExp>>> = {
  'ecdsa-p256': /^EC_SIGN_P256_SHA256$/,
  'ecdsa-p384': /^EC_SIGN_P384_SHA384$/,
  rsa: /^RSA_SIGN_PKCS1_\d+_SHA256$/,
  ed25519: /^EC_SIGN_ED25519$/,
}

async function sign(
  { kms, version }: { readonly kms: BearerService; readonly version: string },
  task: KeyTask,
  call: KeyCall,
): Promise<Uint8Array> {
  if (task.algorithm === 'ed25519' && task.form === 'digest')
    throw unsupportedKey(kms.service, {
      expected: 'a key of ECDSA or RSA, where a log sees only the hash',
      got: 'ed25519',
    })
  const isMessage = task.form === 'message'
  const bytes = isMessage ? Buffer.from(task.message) : digestOf(task)
  const value = bytes.toString('base64')
  const sum = String(crc32c(bytes))
  const body = isMessage
    ? { data: value, dataCrc32c: sum }
    : { digest: { [task.hash]: value }, digestCrc32c: sum }
  const { node } = await askGoogleKms(kms, { path: `${version}:asymmetricSign`, body }, call)
  if (objectOf(node)[isMessage ? 'verifiedDataCrc32c' : 'verifiedDigestCrc32c'] !== true)
    throw misbehaved(kms.service, 'it signed something that changed on its way')
  checkName(kms, version, node)
  const signature = filledBase64Of(field(node, 'signature'))
  checkSum(kms, signature, field(node, 'signatureCrc32c'))
  return signature
}

function checkSum({ service }: BearerService, bytes: Uint8Array, sum: JsonNode): void {
  if (countOf(sum) !== BigInt(crc32c(bytes))) throw misbehaved(service, 'an answer that changed on its way')
}

function checkName({ service }: BearerService, version: string, answer: JsonNode): void {
  const name = textOf(field(answer, 'name'))
  if (name !== version) throw misbehaved(service, `an answer about another key: ${name}`)
}
