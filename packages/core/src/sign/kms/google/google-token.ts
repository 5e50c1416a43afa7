import { createPrivateKey, sign, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { parseStrictJson, RegistryError } from '@assay/registry'
import { field, isMissing, textOf, type JsonNode } from '../../../json/json-node.ts'
import type { KeyAccess } from '../../keys/key-access.ts'
import type { SigningError } from '../../signing-error.ts'
import { firstSet } from '../first-set.ts'
import { addressOf, askForJson, noKeyAccess, type KeyService } from '../key-service.ts'
import { smallFile } from '../small-file.ts'
import { federatedToken } from './federated-token.ts'
import { cloudScope, exchange, readToken } from './token-exchange.ts'

const name = 'the token service of Google Cloud'

/**
 * An access token of Google's application default credentials, in their order: the file that the environment names, the
 * file of `gcloud auth application-default login`, the metadata server.
 * @throws SigningError NO_KEY_ACCESS, SERVICE_…
 */
export async function googleToken(access: KeyAccess): Promise<string> {
  const { env } = access
  const named = firstSet(env, 'GOOGLE_APPLICATION_CREDENTIALS')
  const folder = firstSet(env, 'CLOUDSDK_CONFIG') ?? join(env['HOME'] ?? '/', '.config', 'gcloud')
  const text = await smallFile(named ?? join(folder, 'application_default_credentials.json'))
  if (text !== undefined) return tokenOf(credentialsFile(text), access)
  if (named !== undefined) throw unusable('the file of GOOGLE_APPLICATION_CREDENTIALS is not there')
  return metadataToken(access)
}

function credentialsFile(text: string): JsonNode {
  try {
    return {
      value: parseStrictJson(Buffer.from(text), { on: 'credentials' }),
      path: '',
      refuse: (message) => unusable(`its credentials file: ${message}`),
    }
  } catch (error) {
    // The parser's message may quote a secret: it is left out.
    if (error instanceof RegistryError) throw unusable('its credentials file is not JSON')
    throw error
  }
}

async function tokenOf(file: JsonNode, access: KeyAccess): Promise<string> {
  const type = textOf(field(file, 'type'))
  switch (type) {
    case 'service_account':
      return serviceAccountToken(file, access)
    case 'authorized_user':
      return userToken(file, access)
    case 'external_account':
      return federatedToken(file, access)
    default:
      throw unusable(`its credentials are of the type ${type.slice(0, 60)}`, 'use those of a service account')
  }
}

/** RFC 7523: a statement that the account's key signs is exchanged for a token. */
async function serviceAccountToken(file: JsonNode, access: KeyAccess): Promise<string> {
  const url = addressOf(name, 'token_uri', textOf(field(file, 'token_uri')))
  const issued = Math.floor(access.now().getTime() / 1000)
  const header = { alg: 'RS256', typ: 'JWT', kid: textOf(field(file, 'private_key_id')) }
  const claims = {
    iss: textOf(field(file, 'client_email')),
    scope: cloudScope,
    aud: url,
    iat: issued,
    exp: issued + 600,
  }
  const text = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = sign('sha256', Buffer.from(text), accountKey(file)).toString('base64url')
  const assertion = `${text}.${signature}`
  const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }
  return exchange(url, { form, secrets: [assertion] }, access)
}

function accountKey(file: JsonNode): KeyObject {
  try {
    return createPrivateKey(textOf(field(file, 'private_key')))
  } catch {
    // Nothing of a secret is passed on.
    throw unusable('the private key of its service account cannot be read')
  }
}

async function userToken(file: JsonNode, access: KeyAccess): Promise<string> {
  const [secret, refresh] = [textOf(field(file, 'client_secret')), textOf(field(file, 'refresh_token'))]
  const form = {
    grant_type: 'refresh_token',
    client_id: textOf(field(file, 'client_id')),
    client_secret: secret,
    refresh_token: refresh,
  }
  const given = field(file, 'token_uri')
  const url = isMissing(given)
    ? 'https://oauth2.googleapis.com/token'
    : addressOf(name, 'token_uri', textOf(given))
  return exchange(url, { form, secrets: [secret, refresh] }, access)
}

async function metadataToken(access: KeyAccess): Promise<string> {
  const host = firstSet(access.env, 'GCE_METADATA_HOST') ?? 'metadata.google.internal'
  const url = addressless(host)
  const place: KeyService = {
    service: { name, url },
    transport: access.connect({ allowHttp: [host], once: true }),
  }
  const path = '/computeMetadata/v1/instance/service-accounts/default/token'
  try {
    const signal = AbortSignal.any([access.signal, AbortSignal.timeout(5000)])
    const question = { method: 'GET', path, headers: { 'metadata-flavor': 'Google' }, secrets: [] } as const
    return readToken(await askForJson(place, question, { signal }))
  } catch (error) {
    if (access.signal.aborted || firstSet(access.env, 'GCE_METADATA_HOST') !== undefined) throw error
    throw unusable(
      'there are no credentials, and this is no machine of Google Cloud',
      'set GOOGLE_APPLICATION_CREDENTIALS',
    )
  }
}

function addressless(host: string): string {
  const url = URL.parse(`http://${host}`)
  if (url !== null && url.pathname === '/' && url.username === '') return url.origin
  throw unusable('GCE_METADATA_HOST is not a host')
}

function unusable(problem: string, hint?: string): SigningError {
  return noKeyAccess('Google Cloud KMS', problem, hint)
}
