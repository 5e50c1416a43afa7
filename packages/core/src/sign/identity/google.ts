import { readFileSync } from 'node:fs'
import type { Call } from '@assay/registry'
import { field, textOf } from '../../json/json-node.ts'
import { answerNode } from '../services/service-answer.ts'
import { callService, type Service } from '../services/service-call.ts'
import { SigningError } from '../signing-error.ts'
import type { AmbientProvider, ProviderAccess } from './ambient-provider.ts'

/** The one host that is asked over http although it is not this machine: the metadata server has no other way. */
export function metadataHost(env: ProviderAccess['env']): string {
  const { GCE_METADATA_HOST: given = '' } = env
  return given === '' ? 'metadata.google.internal' : given
}

const accounts = '/computeMetadata/v1/instance/service-accounts/default'

/**
 * Google Cloud: Cloud Build, Cloud Run, and machines, by the metadata server; as another service account where
 * GOOGLE_SERVICE_ACCOUNT_NAME names one that this one may speak for.
 */
export const google: AmbientProvider = {
  name: 'google',
  present: ({ env }) => variables.some((name) => (env[name] ?? '') !== '') || isOwnMachine(env),
  token: async (audience, access, call) => {
    const other = access.env['GOOGLE_SERVICE_ACCOUNT_NAME'] ?? ''
    if (other !== '') return await impersonated({ audience, account: other }, access, call)
    const query = new URLSearchParams({ audience, format: 'full' })
    return Buffer.from(await askMetadata(`/identity?${query.toString()}`, access, call)).toString('latin1')
  },
}

/** Set by Cloud Build, Cloud Run services and jobs, and by who names the metadata server or an account. */
const variables: readonly string[] = [
  'GCE_METADATA_HOST',
  'BUILDER_OUTPUT',
  'K_SERVICE',
  'CLOUD_RUN_JOB',
  'GOOGLE_SERVICE_ACCOUNT_NAME',
]

/** What the firmware calls the machine, as Google's own libraries read it (compute/metadata). */
const productName = '/sys/class/dmi/id/product_name'

/** A job of another CI system runs on a machine of somebody else's, whose account is not the job's. */
function isOwnMachine(env: ProviderAccess['env']): boolean {
  if ((env['CI'] ?? '') !== '') return false
  try {
    return ['Google', 'Google Compute Engine'].includes(readFileSync(productName, 'latin1').trim())
  } catch {
    return false // machines without firmware to ask, and systems that do not show it
  }
}

async function askMetadata(path: string, access: ProviderAccess, call?: Call): Promise<Uint8Array> {
  const service = metadataService(access)
  const headers = { 'metadata-flavor': 'Google' }
  const request = { service, method: 'GET', path: `${accounts}${path}`, headers, accept: [200, 404] } as const
  const { status, body } = await callService(access, request, call)
  if (status === 200) return body
  throw new SigningError('NO_IDENTITY', 'this machine of Google Cloud has no service account', {
    expected: 'an account that its metadata server gives tokens for',
    hint: 'give the machine one, or a token with --identity-token; --oidc-disable-ambient-providers asks nobody',
  })
}

function metadataService({ env }: ProviderAccess): Service {
  return { name: 'the identity provider', url: `http://${metadataHost(env)}` }
}

/** IAM Service Account Credentials API, projects.serviceAccounts.generateIdToken, with the token of this account. */
async function impersonated(
  wanted: { readonly audience: string; readonly account: string },
  access: ProviderAccess,
  call?: Call,
): Promise<string> {
  const own = answerNode(metadataService(access), await askMetadata('/token', access, call))
  const bearer = textOf(field(own, 'access_token'))
  const service: Service = { name: 'the identity provider', url: 'https://iamcredentials.googleapis.com' }
  const answer = await callService(
    access,
    {
      service,
      method: 'POST',
      path: `/v1/projects/-/serviceAccounts/${encodeURIComponent(wanted.account)}:generateIdToken`,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        authorization: `Bearer ${bearer}`,
      },
      body: Buffer.from(JSON.stringify({ audience: wanted.audience, includeEmail: true })),
      accept: [200],
      secrets: [bearer],
    },
    call,
  )
  return textOf(field(answerNode(service, answer.body), 'token'))
}
