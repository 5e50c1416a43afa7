import { field, textOf } from '../../../json/json-node.ts'
import { firstSet } from '../../kms/first-set.ts'
import {
  addressOf,
  askKeyService,
  jsonBody,
  keyAnswer,
  noKeyAccess,
  type KeyService,
} from '../../kms/key-service.ts'
import { SigningError } from '../../signing-error.ts'
import type { KeyPairFiles } from '../generate-key-pair.ts'
import type { KeyAccess } from '../key-access.ts'

/** The variables of a project or group, and what opens them. */
interface Variables extends KeyService {
  /** The path of the variables in the API. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
}

const names = {
  password: 'COSIGN_PASSWORD',
  privateKey: 'COSIGN_PRIVATE_KEY',
  publicKey: 'COSIGN_PUBLIC_KEY',
} as const

/**
 * A key pair in the variables of a GitLab project or group, as cosign writes it.
 * @throws SigningError NO_KEY_ACCESS, SERVICE_…, KEY_FILE_UNREADABLE
 */
export async function readGitlabKey(
  owner: string,
  access: KeyAccess,
): Promise<{ readonly privateKeyPem: string; readonly password: string }> {
  const variables = await openVariables(owner, access)
  const [privateKeyPem, password] = await Promise.all([
    read(variables, names.privateKey, access),
    read(variables, names.password, access),
  ])
  return { privateKeyPem, password }
}

/** The public half alone. */
export async function readGitlabPublicKey(owner: string, access: KeyAccess): Promise<string> {
  return read(await openVariables(owner, access), names.publicKey, access)
}

/**
 * Writes a key pair into new variables.
 * @throws SigningError KEY_FILE_EXISTS where one of them is there
 */
export async function writeGitlabKey(
  owner: string,
  keys: KeyPairFiles & { readonly password: string },
  access: KeyAccess,
): Promise<void> {
  const variables = await openVariables(owner, access, true)
  for (const name of Object.values(names)) {
    // oxlint-disable-next-line no-await-in-loop -- three questions
    if ((await ask(variables, name, access)).status === 200)
      throw new SigningError('KEY_FILE_EXISTS', `GitLab has a variable ${name} there already`, {
        on: `gitlab://${owner}`,
      })
  }
  const values = [
    [names.password, keys.password],
    [names.privateKey, keys.privateKeyPem],
    [names.publicKey, keys.publicKeyPem],
  ] as const
  for (const [key, value] of values) {
    const { headers, body } = jsonBody({
      key,
      value,
      variable_type: 'env_var',
      protected: false,
      masked: false,
    })
    const question = {
      path: variables.path,
      headers: { ...variables.headers, ...headers },
      body,
      accept: [201],
    }
    // oxlint-disable-next-line no-await-in-loop -- one after the other, the password first
    await askKeyService(
      variables,
      { method: 'POST', ...question, secrets: [...variables.secrets, value] },
      access,
    )
  }
}

async function openVariables(owner: string, access: KeyAccess, once = false): Promise<Variables> {
  const { env } = access
  const token = firstSet(env, 'GITLAB_TOKEN')
  if (token === undefined || !/^[\x21-\x7e]+$/.test(token))
    throw noKeyAccess(
      'GitLab',
      'there is no token',
      'set GITLAB_TOKEN to one that may read variables (scope api)',
    )
  const host = firstSet(env, 'GITLAB_HOST') ?? 'https://gitlab.com'
  const url = addressOf('GitLab', 'GITLAB_HOST', host.includes('://') ? host : `https://${host}`)
  const place: KeyService = { service: { name: 'GitLab', url }, transport: access.connect({ once }) }
  const opened = { ...place, headers: { 'private-token': token }, secrets: [token] }
  const id = encodeURIComponent(owner)
  for (const kind of ['projects', 'groups']) {
    const path = `/api/v4/${kind}/${id}`
    // oxlint-disable-next-line no-await-in-loop -- a group only where there is no project
    const answer = await askKeyService(opened, { method: 'GET', path, ...opened, accept: [200, 404] }, access)
    if (answer.status === 200) return { ...opened, path: `${path}/variables` }
  }
  throw new SigningError('KEY_FILE_UNREADABLE', 'GitLab knows neither a project nor a group of this name', {
    on: `gitlab://${owner}`,
    hint: 'GITLAB_HOST names a server of your own',
  })
}

async function read(variables: Variables, name: string, access: KeyAccess): Promise<string> {
  const answer = await ask(variables, name, access)
  if (answer.status === 200) return answer.value()
  throw new SigningError('KEY_FILE_UNREADABLE', `GitLab has no variable ${name} there`, {
    on: variables.service.url,
  })
}

async function ask(
  variables: Variables,
  name: string,
  access: KeyAccess,
): Promise<{ readonly status: number; readonly value: () => string }> {
  const question = {
    method: 'GET',
    ...variables,
    path: `${variables.path}/${name}`,
    accept: [200, 404],
  } as const
  const { status, body } = await askKeyService(variables, question, access)
  return { status, value: () => textOf(field(keyAnswer(variables.service, body), 'value')) }
}
