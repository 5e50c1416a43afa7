import { join } from 'node:path'
import { parseStrictJson, RegistryError } from '@assay/registry'
import { field, textOf, type JsonNode } from '../../../json/json-node.ts'
import type { KeyAccess } from '../../keys/key-access.ts'
import { runProgram } from '../../run-program.ts'
import type { SigningError } from '../../signing-error.ts'
import { firstSet } from '../first-set.ts'
import { addressOf, askForJson, noKeyAccess, type KeyQuestion, type KeyService } from '../key-service.ts'
import { smallFile } from '../small-file.ts'

const name = 'the token service of Azure'

/**
 * A token for a key vault, from what Azure's own libraries look for, in their order: a client of the environment with its
 * secret or a federated token, the managed identity of an app, `az` where somebody logged in, the managed identity of
 * the machine. The first that is configured is asked.
 * @throws SigningError NO_KEY_ACCESS, SERVICE_…
 */
export async function azureToken(resource: string, access: KeyAccess): Promise<string> {
  const { env } = access
  const secret = firstSet(env, 'AZURE_CLIENT_SECRET')
  if (secret !== undefined) return clientToken(resource, { form: { client_secret: secret }, secret }, access)
  const tokenFile = firstSet(env, 'AZURE_FEDERATED_TOKEN_FILE')
  if (tokenFile !== undefined) {
    const assertion = (await smallFile(tokenFile))?.trim() ?? ''
    if (assertion === '')
      throw noKeyAccess('Azure Key Vault', 'the file of AZURE_FEDERATED_TOKEN_FILE is not there')
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
    const form = { client_assertion: assertion, client_assertion_type: type }
    return clientToken(resource, { form, secret: assertion }, access)
  }
  if (firstSet(env, 'IDENTITY_ENDPOINT') !== undefined) return appToken(resource, access)
  const folder = firstSet(env, 'AZURE_CONFIG_DIR') ?? join(env['HOME'] ?? '/', '.azure')
  return (await smallFile(join(folder, 'azureProfile.json'))) === undefined
    ? machineToken(resource, access)
    : programToken(resource, access)
}

const authorities: Readonly<Record<string, string>> = {
  AZUREUSGOVERNMENT: 'https://login.microsoftonline.us',
  AZUREUSGOVERNMENTCLOUD: 'https://login.microsoftonline.us',
  AZURECHINACLOUD: 'https://login.chinacloudapi.cn',
}

async function clientToken(
  resource: string,
  client: { readonly form: Readonly<Record<string, string>>; readonly secret: string },
  access: KeyAccess,
): Promise<string> {
  const { env } = access
  const [tenant = '', id = ''] = [firstSet(env, 'AZURE_TENANT_ID'), firstSet(env, 'AZURE_CLIENT_ID')]
  if (!/^[\w.-]+$/.test(tenant) || id === '')
    throw noKeyAccess('Azure Key Vault', 'AZURE_TENANT_ID or AZURE_CLIENT_ID is missing')
  const given = firstSet(env, 'AZURE_AUTHORITY_HOST')
  const authority = authorities[env['AZURE_ENVIRONMENT'] ?? ''] ?? 'https://login.microsoftonline.com'
  const url = given === undefined ? authority : addressOf(name, 'AZURE_AUTHORITY_HOST', given)
  const form = {
    grant_type: 'client_credentials',
    client_id: id,
    scope: `${resource}/.default`,
    ...client.form,
  }
  const question: KeyQuestion = {
    method: 'POST',
    path: `/${tenant}/oauth2/v2.0/token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(new URLSearchParams(form).toString()),
    secrets: [client.secret],
  }
  return readToken(
    await askForJson({ service: { name, url }, transport: access.connect() }, question, access),
  )
}

/** App Service, Functions, Container Apps: an endpoint of the platform, with a header that only the app knows. */
async function appToken(resource: string, access: KeyAccess): Promise<string> {
  const { env } = access
  const url = URL.parse(env['IDENTITY_ENDPOINT'] ?? '')
  const header = env['IDENTITY_HEADER'] ?? ''
  if (url === null || header === '')
    throw noKeyAccess('Azure Key Vault', 'IDENTITY_ENDPOINT or IDENTITY_HEADER is malformed')
  const query = identityQuery('2019-08-01', resource, env)
  const question = {
    path: `${url.pathname}?${query}`,
    headers: { 'x-identity-header': header },
    secrets: [header],
  }
  return readToken(await askForJson(metadata(url, access), { method: 'GET', ...question }, access))
}

async function machineToken(resource: string, access: KeyAccess): Promise<string> {
  const { env } = access
  const url = URL.parse(firstSet(env, 'AZURE_POD_IDENTITY_AUTHORITY_HOST') ?? 'http://169.254.169.254')
  if (url === null) throw noKeyAccess(name, 'AZURE_POD_IDENTITY_AUTHORITY_HOST is not an address')
  const query = identityQuery('2018-02-01', resource, env)
  const path = `/metadata/identity/oauth2/token?${query}`
  try {
    const signal = AbortSignal.any([access.signal, AbortSignal.timeout(5000)])
    const question = { method: 'GET', path, headers: { metadata: 'true' }, secrets: [] } as const
    return readToken(await askForJson(metadata(url, access), question, { signal }))
  } catch (error) {
    if (access.signal.aborted || firstSet(env, 'AZURE_POD_IDENTITY_AUTHORITY_HOST') !== undefined) throw error
    const hint = 'set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or log in with `az login`'
    throw noKeyAccess(
      'Azure Key Vault',
      'there are no credentials, and this machine has no identity of its own',
      hint,
    )
  }
}

function metadata(url: URL, access: KeyAccess): KeyService {
  return {
    service: { name, url: url.origin },
    transport: access.connect({ allowHttp: [url.host], once: true }),
  }
}

function identityQuery(version: string, resource: string, env: KeyAccess['env']): string {
  const id = firstSet(env, 'AZURE_CLIENT_ID')
  return new URLSearchParams({
    'api-version': version,
    resource,
    ...(id !== undefined && { client_id: id }),
  }).toString()
}

async function programToken(resource: string, access: KeyAccess): Promise<string> {
  const { code, stdout } = await runProgram({
    program: 'az',
    args: ['account', 'get-access-token', '--output', 'json', '--resource', resource],
    env: access.env,
    stderr: 'show',
    signal: access.signal,
    timeLimit: 60_000,
    failed,
  })
  if (code !== 0) throw failed(`exit status ${code}`)
  try {
    const value = parseStrictJson(stdout, { on: 'az' })
    return readToken({ value, path: '', refuse: failed }, 'accessToken')
  } catch (error) {
    // The parser's message may quote the token: it is left out.
    if (error instanceof RegistryError) throw failed('its answer is not JSON')
    throw error
  }
}

function failed(got: string): SigningError {
  return noKeyAccess('Azure Key Vault', `\`az\`: ${got}`)
}

function readToken(answer: JsonNode, fieldName = 'access_token'): string {
  const token = textOf(field(answer, fieldName))
  if (/^[\x21-\x7e]{1,16384}$/.test(token)) return token
  throw answer.refuse('a token that is none')
}
