import type { Call } from '@assay/registry'
import { SigningError } from '../../signing-error.ts'
import { checkIdToken } from './id-token.ts'
import { requestToken, scope, type OAuthClient } from './oauth-client.ts'

/**
 * A program signs in as itself, with the secret that it shares with the issuer (RFC 6749 §4.4).
 * @throws SigningError NO_IDENTITY, SERVICE_MISBEHAVED and the codes of asking a service
 */
export async function clientCredentialsToken(client: OAuthClient, call?: Call): Promise<string> {
  const answer = await requestToken(client, { grant_type: 'client_credentials', scope }, call)
  if (answer.kind === 'token') return checkIdToken(answer.idToken, client, undefined)
  throw new SigningError('NO_IDENTITY', 'the identity provider did not sign the client in', {
    on: client.issuer.issuer,
    got: `${answer.error} ${answer.description}`.trim().slice(0, 300),
  })
}
