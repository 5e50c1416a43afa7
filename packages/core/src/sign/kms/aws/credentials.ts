import type { KeyAccess } from '../../keys/key-access.ts'
import { firstSet } from '../first-set.ts'
import { noKeyAccess } from '../key-service.ts'
import { containerCredentials, hasContainer } from './container-credentials.ts'
import { machineCredentials } from './machine-credentials.ts'
import { processCredentials } from './process-credentials.ts'
import type { Profile, Profiles } from './profiles.ts'
import { assumedRole, webIdentity } from './role-credentials.ts'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Where credentials are looked for. */
export interface AwsEnvironment {
  readonly access: KeyAccess
  readonly profiles: Profiles
  readonly region: string
}

/** A chain of profiles that name each other as their source. */
const maxProfiles = 5

/**
 * The credentials of AWS's own tools, in their order: the environment, a web identity, the profile, the container, the
 * machine. The first that is configured is asked; where it fails, nobody signs under another name.
 * @throws SigningError NO_KEY_ACCESS, SERVICE_…
 */
export async function awsCredentials(environment: AwsEnvironment): Promise<AwsCredentials> {
  const { access, profiles } = environment
  const { env } = access
  const given = keysOf({
    id: env['AWS_ACCESS_KEY_ID'],
    secret: env['AWS_SECRET_ACCESS_KEY'],
    token: env['AWS_SESSION_TOKEN'],
  })
  if (given !== undefined) return given
  const [tokenFile, role] = [env['AWS_WEB_IDENTITY_TOKEN_FILE'] ?? '', env['AWS_ROLE_ARN'] ?? '']
  if (tokenFile !== '' && role !== '')
    return webIdentity({ tokenFile, role, session: env['AWS_ROLE_SESSION_NAME'] }, environment)
  const profile = profiles.profile(profiles.chosen)
  if (profile === undefined && firstSet(env, 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE') !== undefined)
    throw noKeyAccess('AWS KMS', `there is no profile ${profiles.chosen}`)
  if (profile !== undefined && hasCredentials(profile)) return ofProfile(profile, environment, 0)
  return hasContainer(env) ? containerCredentials(access) : machineCredentials(access)
}

const sources = [
  'aws_access_key_id',
  'credential_process',
  'role_arn',
  'sso_session',
  'sso_start_url',
  'web_identity_token_file',
]

function hasCredentials(profile: Profile): boolean {
  return sources.some((name) => profile.has(name))
}

async function ofProfile(
  profile: Profile,
  environment: AwsEnvironment,
  depth: number,
): Promise<AwsCredentials> {
  const role = profile.get('role_arn')
  const given = keysOf({
    id: profile.get('aws_access_key_id'),
    secret: profile.get('aws_secret_access_key'),
    token: profile.get('aws_session_token'),
  })
  if (role !== undefined && (profile.has('source_profile') || profile.has('credential_source')))
    return assumedRole({ role, profile, base: await sourceOf(profile, environment, depth) }, environment)
  if (given !== undefined) return given
  const tokenFile = profile.get('web_identity_token_file')
  if (role !== undefined && tokenFile !== undefined)
    return webIdentity({ role, tokenFile, session: profile.get('role_session_name') }, environment)
  const command = profile.get('credential_process')
  if (command !== undefined) return processCredentials(command, environment.access)
  throw noKeyAccess(
    'AWS KMS',
    'the profile gets its credentials in a way that is not built here',
    'put them into the environment: `eval "$(aws configure export-credentials --format env)"`',
  )
}

async function sourceOf(
  profile: Profile,
  environment: AwsEnvironment,
  depth: number,
): Promise<AwsCredentials> {
  const { access, profiles } = environment
  switch (profile.get('credential_source') ?? '') {
    case 'Ec2InstanceMetadata':
      return machineCredentials(access)
    case 'EcsContainer':
      return containerCredentials(access)
    case 'Environment':
      throw noKeyAccess('AWS KMS', 'the environment that the profile names holds no credentials')
    default: {
      const name = profile.get('source_profile') ?? ''
      const source = profiles.profile(name)
      if (source === undefined || depth >= maxProfiles)
        throw noKeyAccess('AWS KMS', `the profile ${name} is not there, or leads back to itself`)
      // A profile may be its own source: then its keys assume its role.
      const isItself = source === profile
      const keys = new Map([...source].filter(([key]) => !isItself || key.startsWith('aws_')))
      return ofProfile(keys, environment, depth + 1)
    }
  }
}

function keysOf(keys: {
  readonly id: string | undefined
  readonly secret: string | undefined
  readonly token: string | undefined
}): AwsCredentials | undefined {
  const { id = '', secret = '', token = '' } = keys
  if (id === '' || secret === '') return undefined
  return { accessKeyId: id, secretAccessKey: secret, ...(token !== '' && { sessionToken: token }) }
}
