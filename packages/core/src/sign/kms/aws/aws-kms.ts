import { setTimeout as sleep } from 'node:timers/promises'
import type { KeyAccess } from '../../keys/key-access.ts'
import { SigningError } from '../../signing-error.ts'
import { askKeyService, type KeyCall, type KeyService } from '../key-service.ts'
import { kmsUrl, parseAwsReference, regionOf, type AwsReference } from './aws-reference.ts'
import { awsCredentials, type AwsCredentials } from './credentials.ts'
import { readProfiles } from './profiles.ts'
import { signedHeaders } from './signature-v4.ts'

/** The key management service of one region, with what opens it. */
export interface AwsKms extends KeyService {
  readonly reference: AwsReference
  readonly region: string
  readonly credentials: AwsCredentials
  readonly now: () => Date
}

export async function openAwsKms(resource: string, access: KeyAccess, once = false): Promise<AwsKms> {
  const reference = parseAwsReference(resource)
  const profiles = await readProfiles(access.env)
  const region = regionOf(reference, access.env, profiles.profile(profiles.chosen))
  const credentials = await awsCredentials({ access, profiles, region })
  const service = { name: 'AWS KMS', url: kmsUrl(reference, access.env, region) } as const
  return { reference, region, credentials, now: access.now, service, transport: access.connect({ once }) }
}

/** A call that AWS knows by name. */
export interface AwsCall {
  readonly name: 'GetPublicKey' | 'Sign' | 'CreateKey' | 'CreateAlias'
  readonly input: Readonly<Record<string, unknown>>
}

/**
 * One call of the JSON protocol 1.1, with its answer. A throttled one is sent again, with a signature of its own.
 * @throws SigningError SERVICE_…
 */
export async function callAwsKms(kms: AwsKms, call: AwsCall, { signal }: KeyCall): Promise<Uint8Array> {
  for (let pause = 200; ; pause *= 2) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one try after the other
      return await send(kms, call, { signal })
    } catch (error) {
      if (pause > maxPause || !isRefusal(error, /"[^"]*(?:Throttling|LimitExceeded)[^"]*"/)) throw error
      // oxlint-disable-next-line no-await-in-loop -- as above
      await sleep(pause, undefined, { signal })
    }
  }
}

/** Whether AWS said no in these words; its codes stand in the body. */
export function isRefusal(error: unknown, words: RegExp): boolean {
  return error instanceof SigningError && error.code === 'SERVICE_REFUSED' && words.test(error.got ?? '')
}

const maxPause = 2000

async function send(kms: AwsKms, { name, input }: AwsCall, call: KeyCall): Promise<Uint8Array> {
  const { credentials, region } = kms
  const body = Buffer.from(JSON.stringify(input))
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${name}` }
  const request = { method: 'POST', url: new URL(kms.service.url), headers, body } as const
  const secrets = [credentials.secretAccessKey, credentials.sessionToken ?? '']
  const signed = signedHeaders(request, { credentials, region, service: 'kms', now: kms.now() })
  return (await askKeyService(kms, { method: 'POST', path: '/', headers: signed, body, secrets }, call)).body
}
