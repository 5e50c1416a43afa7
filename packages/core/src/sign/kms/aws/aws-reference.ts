import type { KeyAccess } from '../../keys/key-access.ts'
import { firstSet } from '../first-set.ts'
import { addressOf, malformedReference, noKeyAccess } from '../key-service.ts'
import type { Profile } from './profiles.ts'

/** `[ENDPOINT]/ID`, `[ENDPOINT]/alias/NAME`, or the ARN of either; as cosign reads it. */
export interface AwsReference {
  /** `host[:port]`, where one is named. */
  readonly endpoint: string | undefined
  readonly keyId: string
  /** Of an ARN. */
  readonly region: string | undefined
  /** `alias/NAME`, where the key is named by it. */
  readonly alias: string | undefined
}

const uuid =
  '(?:mrk-)?[A-Fa-f0-9]{8}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{12}|mrk-[A-Fa-f0-9]{32}'
const alias = String.raw`alias/[\w/-]{1,250}`
const arn = String.raw`arn:aws(?:-[a-z]+)*:kms:([a-z0-9-]{1,32}):\d{12}:(?:key/(?:${uuid})|(${alias}))`
const pattern = new RegExp(
  String.raw`^([\w.-]+(?::\d{1,5})?|\[[0-9a-f:]+\](?::\d{1,5})?|)/(?:(?:${uuid})|(${alias})|${arn})$`,
)

/** @throws SigningError UNSUPPORTED_KEY */
export function parseAwsReference(resource: string): AwsReference {
  const match = pattern.exec(resource)
  if (match === null) throw malformedReference('awskms://[ENDPOINT]/ID, …/alias/NAME, or …/ARN')
  const [, endpoint = '', aliasName, region, aliasOfArn] = match
  return {
    endpoint: endpoint === '' ? undefined : endpoint,
    keyId: resource.slice(endpoint.length + 1),
    region,
    alias: aliasName ?? aliasOfArn,
  }
}

/** The region of a key: of its ARN, of the environment, of the profile. */
export function regionOf(
  reference: AwsReference,
  env: KeyAccess['env'],
  profile: Profile | undefined,
): string {
  const region =
    reference.region ?? firstSet(env, 'AWS_REGION', 'AWS_DEFAULT_REGION') ?? profile?.get('region') ?? ''
  if (/^[a-z0-9-]{1,32}$/.test(region)) return region
  throw noKeyAccess('AWS KMS', 'its region is not known', 'set AWS_REGION, or name the key by its ARN')
}

/** Where the service is: in the reference, in the environment, or where AWS has it. */
export function kmsUrl(reference: AwsReference, env: KeyAccess['env'], region: string): string {
  if (reference.endpoint !== undefined) return `https://${reference.endpoint}`
  const given = firstSet(env, 'AWS_ENDPOINT_URL_KMS', 'AWS_ENDPOINT_URL')
  if (given !== undefined) return addressOf('AWS KMS', 'AWS_ENDPOINT_URL_KMS', given)
  const name = env['AWS_USE_FIPS_ENDPOINT']?.toLowerCase() === 'true' ? 'kms-fips' : 'kms'
  return `https://${name}.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`
}
