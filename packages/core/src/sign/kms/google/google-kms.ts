import type { KeyAccess, KeyWay } from '../../keys/key-access.ts'
import { firstSet } from '../first-set.ts'
import { askWithToken, type BearerService } from '../bearer-service.ts'
import { addressOf, malformedReference, type KeyCall } from '../key-service.ts'
import { googleToken } from './google-token.ts'

export interface GoogleReference {
  readonly location: string
  readonly ring: string
  readonly ringName: string
  /** The resource name of the key. */
  readonly name: string
  readonly keyName: string
  /** The resource name of one version, where one is named. */
  readonly version: string | undefined
}

const pattern =
  /^(projects\/[\w.:-]+\/locations\/[\w-]+)\/keyRings\/([\w-]{1,63})\/cryptoKeys\/([\w-]{1,63})(?:\/(?:cryptoKeyVersions|versions)\/([1-9]\d{0,17}))?$/

/** @throws SigningError UNSUPPORTED_KEY */
export function parseGoogleReference(resource: string): GoogleReference {
  const match = pattern.exec(resource)
  if (match === null)
    throw malformedReference('gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K[/cryptoKeyVersions/N]')
  const [, location = '', ringName = '', keyName = '', version] = match
  const ring = `${location}/keyRings/${ringName}`
  const name = `${ring}/cryptoKeys/${keyName}`
  return {
    location,
    ring,
    ringName,
    name,
    keyName,
    version: version === undefined ? undefined : `${name}/cryptoKeyVersions/${version}`,
  }
}

export async function googleKms(
  access: KeyAccess,
  options: Pick<KeyWay, 'once'> = {},
): Promise<BearerService> {
  // The variable in which gcloud keeps the address of another endpoint.
  const variable = 'CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS'
  const given = firstSet(access.env, variable)
  const url =
    given === undefined ? 'https://cloudkms.googleapis.com' : addressOf('Google Cloud KMS', variable, given)
  return {
    service: { name: 'Google Cloud KMS', url },
    transport: access.connect(options),
    token: await googleToken(access),
  }
}

/** A question to the API, version 1. */
export function askGoogleKms(
  kms: BearerService,
  question: Parameters<typeof askWithToken>[1],
  call: KeyCall,
): ReturnType<typeof askWithToken> {
  return askWithToken(kms, { ...question, path: `/v1/${question.path}` }, call)
}
