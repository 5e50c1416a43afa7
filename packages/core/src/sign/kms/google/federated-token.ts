import { parseStrictJson, RegistryError } from '@assay/registry'
import { field, isMissing, textOf, textMapOf, type JsonNode } from '../../../json/json-node.ts'
import type { KeyAccess } from '../../keys/key-access.ts'
import {
  addressOf,
  askForJson,
  askKeyService,
  jsonBody,
  noKeyAccess,
  type KeyService,
} from '../key-service.ts'
import { smallFile } from '../small-file.ts'
import { cloudScope, exchange, readToken } from './token-exchange.ts'

const name = 'the token service of Google Cloud'

/**
 * Workload identity federation (RFC 8693): a token of another issuer, from a file or a URL as CI systems hand it out, is
 * exchanged for one of Google's, and that for one of a service account where the file says so.
 */
export async function federatedToken(file: JsonNode, access: KeyAccess): Promise<string> {
  const subject = await subjectToken(field(file, 'credential_source'), access)
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    audience: textOf(field(file, 'audience')),
    scope: cloudScope,
    subject_token_type: textOf(field(file, 'subject_token_type')),
    subject_token: subject,
  }
  const url = addressOf(name, 'token_url', textOf(field(file, 'token_url')))
  const token = await exchange(url, { form, secrets: [subject] }, access)
  const account = field(file, 'service_account_impersonation_url')
  return isMissing(account) ? token : impersonated(textOf(account), token, access)
}

async function impersonated(text: string, token: string, access: KeyAccess): Promise<string> {
  const { origin, pathname } = new URL(addressOf(name, 'service_account_impersonation_url', text))
  const place: KeyService = { service: { name, url: origin }, transport: access.connect() }
  const { headers, body } = jsonBody({ scope: [cloudScope] })
  const answer = await askForJson(
    place,
    {
      method: 'POST',
      path: pathname,
      headers: { ...headers, authorization: `Bearer ${token}` },
      body,
      secrets: [token],
    },
    access,
  )
  return readToken(answer, 'accessToken')
}

async function subjectToken(source: JsonNode, access: KeyAccess): Promise<string> {
  const [file, url] = [field(source, 'file'), field(source, 'url')]
  if (isMissing(file) && isMissing(url))
    throw noKeyAccess('Google Cloud KMS', 'its federated credentials come from neither a file nor a URL')
  const text = isMissing(file) ? await fetched(url, source, access) : await smallFile(textOf(file))
  if (text === undefined)
    throw noKeyAccess('Google Cloud KMS', 'the file of its federated credentials is not there')
  const format = field(source, 'format')
  return (isMissing(format) || textOf(field(format, 'type')) === 'text' ? text : tokenIn(text, format)).trim()
}

async function fetched(node: JsonNode, source: JsonNode, access: KeyAccess): Promise<string> {
  const url = new URL(addressOf(name, 'credential_source.url', textOf(node)))
  const given = field(source, 'headers')
  const headers = isMissing(given) ? {} : textMapOf(given)
  const place: KeyService = { service: { name, url: url.origin }, transport: access.connect() }
  const path = `${url.pathname}${url.search}`
  const secrets = Object.values(headers).flatMap((value) => [value, value.replace(/^bearer /i, '')])
  const lower = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]))
  const { body } = await askKeyService(place, { method: 'GET', path, headers: lower, secrets }, access)
  return Buffer.from(body).toString('utf8')
}

function tokenIn(text: string, format: JsonNode): string {
  try {
    const value = parseStrictJson(Buffer.from(text), { on: 'token' })
    return textOf(field({ value, path: '', refuse }, textOf(field(format, 'subject_token_field_name'))))
  } catch (error) {
    // The parser's message may quote the token: it is left out.
    if (error instanceof RegistryError) throw refuse()
    throw error
  }
}

function refuse(): Error {
  return noKeyAccess('Google Cloud KMS', 'its federated credentials are not where its file says')
}
