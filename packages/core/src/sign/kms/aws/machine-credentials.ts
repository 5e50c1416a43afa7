import type { KeyAccess } from '../../keys/key-access.ts'
import { firstSet } from '../first-set.ts'
import { askForJson, askKeyService, noKeyAccess, type KeyService } from '../key-service.ts'
import type { AwsCredentials } from './credentials.ts'
import { servedCredentials } from './served-credentials.ts'

const name = 'the credential service of AWS'
const hint = 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE'

/** The role of the machine (EC2 instance metadata, version 2 only: its first request must be a PUT). */
export async function machineCredentials(access: KeyAccess): Promise<AwsCredentials> {
  const { env } = access
  if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true')
    throw noKeyAccess('AWS KMS', 'there are no credentials', hint)
  const url = firstSet(env, 'AWS_EC2_METADATA_SERVICE_ENDPOINT') ?? 'http://169.254.169.254'
  const place: KeyService = {
    service: { name, url },
    transport: access.connect({ allowHttp: ['169.254.169.254', '[fd00:ec2::254]'], once: true }),
  }
  const token = await sessionToken(place, access)
  const headers = { 'x-aws-ec2-metadata-token': token }
  const path = '/latest/meta-data/iam/security-credentials/'
  const question = { method: 'GET', path, headers, secrets: [token] } as const
  const role =
    Buffer.from((await askKeyService(place, question, access)).body)
      .toString('utf8')
      .split('\n', 1)[0] ?? ''
  if (!/^[\w+=,.@-]{1,64}$/.test(role)) throw noKeyAccess(name, 'this machine has no role')
  return servedCredentials(await askForJson(place, { ...question, path: `${path}${role}` }, access))
}

/** Most machines are none of EC2: then there is nobody at this address, and that is not a fault of a service. */
async function sessionToken(place: KeyService, access: KeyAccess): Promise<string> {
  const patience = AbortSignal.timeout(2000)
  try {
    const answer = await askKeyService(
      place,
      {
        method: 'PUT',
        path: '/latest/api/token',
        headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '300' },
        secrets: [],
      },
      { signal: AbortSignal.any([patience, access.signal]) },
    )
    return Buffer.from(answer.body).toString('latin1')
  } catch (error) {
    if (access.signal.aborted) throw error
    throw noKeyAccess('AWS KMS', 'there are no credentials, and this is no machine of EC2', hint)
  }
}
