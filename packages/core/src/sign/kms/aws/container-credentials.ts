import type { KeyAccess } from '../../keys/key-access.ts'
import { firstSet } from '../first-set.ts'
import { askForJson, noKeyAccess } from '../key-service.ts'
import { smallFile } from '../small-file.ts'
import type { AwsCredentials } from './credentials.ts'
import { servedCredentials } from './served-credentials.ts'

const relative = 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'
const full = 'AWS_CONTAINER_CREDENTIALS_FULL_URI'
const service = 'the credential service of AWS'
/** Over http nothing is asked but this machine and the addresses of ECS and EKS, which no router carries. */
const agents = ['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]']

/** Whether this is a container of ECS or EKS. */
export function hasContainer(env: KeyAccess['env']): boolean {
  return firstSet(env, relative, full) !== undefined
}

/** The role of the container that this runs in. */
export async function containerCredentials(access: KeyAccess): Promise<AwsCredentials> {
  const { env } = access
  const path = firstSet(env, relative)
  const url = URL.parse(path === undefined ? (env[full] ?? '') : `http://169.254.170.2${path}`)
  if (url === null) throw noKeyAccess(service, `${full} is not an address`)
  const token = await tokenOf(env)
  const answer = await askForJson(
    { service: { name: service, url: url.origin }, transport: access.connect({ allowHttp: agents }) },
    {
      method: 'GET',
      path: `${url.pathname}${url.search}`,
      headers: token === undefined ? {} : { authorization: token },
      secrets: token === undefined ? [] : [token],
    },
    access,
  )
  return servedCredentials(answer)
}

async function tokenOf(env: KeyAccess['env']): Promise<string | undefined> {
  const file = firstSet(env, 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE')
  if (file === undefined) return firstSet(env, 'AWS_CONTAINER_AUTHORIZATION_TOKEN')
  const token = (await smallFile(file))?.trim()
  if (token !== undefined && /^[\x21-\x7e]+(?: [\x21-\x7e]+)?$/.test(token)) return token
  throw noKeyAccess(service, 'the file of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE holds no token')
}
