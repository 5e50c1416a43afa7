import { createHash, randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Call } from '@assay/registry'
import { countOf, field, optional, textOf } from '../../../json/json-node.ts'
import { SigningError } from '../../signing-error.ts'
import { checkIdToken } from './id-token.ts'
import { postForm, requestToken, scope, type OAuthClient } from './oauth-client.ts'

export interface DeviceFlow extends OAuthClient {
  /** Shows where to sign in, and with which code. */
  readonly showCode: (code: { readonly userCode: string; readonly page: string }) => Promise<void>
}

const grantType = 'urn:ietf:params:oauth:grant-type:device_code'
/** Seconds; what the issuer allows longer is not waited for. */
const maxPatience = 900
const maxInterval = 60

/**
 * Somebody signs in on another device (RFC 8628), with PKCE as Sigstore's clients do it.
 * @throws SigningError NO_IDENTITY, SERVICE_MISBEHAVED and the codes of asking a service
 */
export async function deviceToken(flow: DeviceFlow, call: Call = {}): Promise<string> {
  const { issuer, clientId } = flow
  const { deviceEndpoint } = issuer
  if (deviceEndpoint === undefined)
    throw new SigningError('NO_IDENTITY', 'the identity provider has no device flow', { on: issuer.issuer })
  const verifier = randomBytes(32).toString('base64url')
  const form = {
    client_id: clientId,
    scope,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(flow.clientSecret !== undefined && { client_secret: flow.clientSecret }),
  }
  const secrets = [flow.clientSecret]
  const answer = await postForm(flow, { url: deviceEndpoint, form, accept: [200], secrets }, call)
  const seconds = (name: string): number | undefined =>
    optional(field(answer, name), (node) => Number(countOf(node)))
  const deviceCode = textOf(field(answer, 'device_code'))
  const page = optional(field(answer, 'verification_uri_complete'), textOf)
  await flow.showCode({
    userCode: textOf(field(answer, 'user_code')),
    page: page ?? textOf(field(answer, 'verification_uri')),
  })
  const until = Date.now() + Math.min(seconds('expires_in') ?? maxPatience, maxPatience) * 1000
  const parameters = { grant_type: grantType, device_code: deviceCode, code_verifier: verifier, scope }
  return await poll({ flow, parameters, until, interval: seconds('interval') ?? 5 }, call)
}

interface Polling {
  readonly flow: DeviceFlow
  readonly parameters: Readonly<Record<string, string>>
  /** Milliseconds since 1970. */
  readonly until: number
  /** Seconds between two questions. */
  readonly interval: number
}

async function poll({ flow, parameters, until, interval }: Polling, call: Call): Promise<string> {
  let pause = interval
  while (Date.now() < until) {
    // oxlint-disable-next-line no-await-in-loop -- one question after the other, at the pace that the issuer sets
    const answer = await requestToken(flow, parameters, call)
    if (answer.kind === 'token') return checkIdToken(answer.idToken, flow, undefined)
    if (answer.error === 'slow_down') pause += 5
    else if (answer.error !== 'authorization_pending') throw refused(flow, answer)
    const wait = Math.min(Math.max(pause, 1), maxInterval) * 1000
    // oxlint-disable-next-line no-await-in-loop -- see above
    await setTimeout(Math.min(wait, Math.max(until - Date.now(), 0)), undefined, { signal: call.signal })
  }
  throw new SigningError('NO_IDENTITY', 'nobody signed in in time', { on: flow.issuer.issuer })
}

function refused(
  { issuer }: DeviceFlow,
  { error, description }: { readonly error: string; readonly description: string },
): SigningError {
  return new SigningError('NO_IDENTITY', 'the identity provider did not sign you in', {
    on: issuer.issuer,
    got: `${error} ${description}`.trim().slice(0, 300),
  })
}
