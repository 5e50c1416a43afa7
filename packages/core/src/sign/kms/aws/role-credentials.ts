import type { AwsCredentials, AwsEnvironment } from './credentials.ts'
import { firstSet } from '../first-set.ts'
import { addressOf, askKeyService, noKeyAccess, type KeyService } from '../key-service.ts'
import { misbehaved } from '../../services/service-call.ts'
import { smallFile } from '../small-file.ts'
import type { Profile } from './profiles.ts'
import { signedHeaders } from './signature-v4.ts'

/** The role of a workload that shows a token: EKS service accounts, OpenID Connect of CI systems. */
export async function webIdentity(
  identity: { readonly role: string; readonly tokenFile: string; readonly session: string | undefined },
  environment: AwsEnvironment,
): Promise<AwsCredentials> {
  const token = (await smallFile(identity.tokenFile))?.trim()
  if (token === undefined || token === '')
    throw noKeyAccess('AWS STS', 'the file of the web identity token is not there')
  const form = {
    Action: 'AssumeRoleWithWebIdentity',
    RoleArn: identity.role,
    RoleSessionName: identity.session ?? 'assay',
    WebIdentityToken: token,
  }
  return ask(form, environment, { secrets: [token] })
}

/** A role that the holder of other credentials may take on. */
export async function assumedRole(
  {
    role,
    profile,
    base,
  }: { readonly role: string; readonly profile: Profile; readonly base: AwsCredentials },
  environment: AwsEnvironment,
): Promise<AwsCredentials> {
  if (profile.has('mfa_serial'))
    throw noKeyAccess(
      'AWS STS',
      'the role of the profile wants a second factor',
      'put session credentials into the environment',
    )
  const externalId = profile.get('external_id')
  const form = {
    Action: 'AssumeRole',
    RoleArn: role,
    RoleSessionName: profile.get('role_session_name') ?? 'assay',
    ...(externalId !== undefined && { ExternalId: externalId }),
  }
  return ask(form, environment, { base, secrets: [base.secretAccessKey, base.sessionToken ?? ''] })
}

async function ask(
  form: Readonly<Record<string, string>>,
  { access, region }: AwsEnvironment,
  how: { readonly base?: AwsCredentials; readonly secrets: readonly string[] },
): Promise<AwsCredentials> {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  const given = firstSet(access.env, 'AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL')
  const url =
    given === undefined
      ? `https://sts.${region}.${suffix}`
      : addressOf('AWS STS', 'AWS_ENDPOINT_URL_STS', given)
  const place: KeyService = { service: { name: 'AWS STS', url }, transport: access.connect() }
  const body = Buffer.from(new URLSearchParams({ ...form, Version: '2011-06-15' }).toString())
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const request = { method: 'POST', url: new URL(url), headers, body } as const
  const signed =
    how.base === undefined
      ? headers
      : signedHeaders(request, { credentials: how.base, region, service: 'sts', now: access.now() })
  const answer = await askKeyService(
    place,
    { method: 'POST', path: '/', headers: signed, body, secrets: how.secrets },
    access,
  )
  return {
    accessKeyId: elementOf(place, answer.body, 'AccessKeyId'),
    secretAccessKey: elementOf(place, answer.body, 'SecretAccessKey'),
    sessionToken: elementOf(place, answer.body, 'SessionToken'),
  }
}

/** The three texts of the answer have no characters that XML would write in another way. */
function elementOf(place: KeyService, xml: Uint8Array, name: string): string {
  const found = [
    ...Buffer.from(xml)
      .toString('utf8')
      .matchAll(new RegExp(`<${name}>([^<&]+)</${name}>`, 'g')),
  ]
  const [match] = found
  if (match === undefined || found.length !== 1)
    throw misbehaved(place.service, `an answer without one ${name}`)
  return match[1] ?? ''
}
