import type { Call } from '@assay/registry'
import { field, isMissing, optional, textOf, type JsonNode } from '../../../json/json-node.ts'
import { answerNode } from '../../services/service-answer.ts'
import { callService, type Service, type ServiceAccess } from '../../services/service-call.ts'
import { withoutSecrets } from '../../services/without-secrets.ts'
import type { Issuer } from './issuer.ts'

/** As what we ask an issuer, and how it is reached. */
export interface OAuthClient extends ServiceAccess {
  readonly issuer: Issuer
  readonly clientId: string
  /** Public clients have none. */
  readonly clientSecret?: string
}

/** What Fulcio needs to know: an identity, and its e-mail address where there is one. */
export const scope = 'openid email'

/** A token, or the code of an error (RFC 6749 §5.2, RFC 8628 §3.5) with what was said about it. */
export type TokenAnswer =
  | { readonly kind: 'token'; readonly idToken: string }
  | { readonly kind: 'error'; readonly error: string; readonly description: string }

/**
 * One request to the token endpoint (RFC 6749 §3.2). What is sent there is a secret, and is never shown.
 * @throws SigningError the codes of asking a service
 */
export async function requestToken(
  client: OAuthClient,
  parameters: Readonly<Record<string, string>>,
  call?: Call,
): Promise<TokenAnswer> {
  const { clientId, clientSecret, issuer } = client
  const form = {
    client_id: clientId,
    ...(clientSecret !== undefined && { client_secret: clientSecret }),
    ...parameters,
  }
  const secrets = [clientSecret, parameters['code'], parameters['code_verifier'], parameters['device_code']]
  const request = { url: issuer.tokenEndpoint, form, accept: [200, 400, 401, 403], secrets }
  const answer = await postForm(client, request, call)
  const token = field(answer, 'id_token')
  if (!isMissing(token)) return { kind: 'token', idToken: textOf(token) }
  const said = (name: string): string | undefined =>
    optional(field(answer, name), (node) => withoutSecrets(textOf(node), secrets))
  return {
    kind: 'error',
    error: said('error') ?? 'an answer without an identity token',
    description: said('error_description') ?? '',
  }
}

/** Posts a form and reads JSON. */
export async function postForm(
  client: OAuthClient,
  request: {
    readonly url: string
    readonly form: Readonly<Record<string, string>>
    readonly accept: readonly number[]
    readonly secrets?: readonly (string | undefined)[]
  },
  call?: Call,
): Promise<JsonNode> {
  const { origin, pathname, search } = new URL(request.url)
  const service: Service = { name: 'the identity provider', url: origin }
  const answer = await callService(
    client,
    {
      service,
      method: 'POST',
      path: `${pathname}${search}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: Buffer.from(new URLSearchParams(request.form).toString()),
      accept: request.accept,
      secrets: request.secrets?.filter((secret): secret is string => (secret ?? '') !== '') ?? [],
    },
    call,
  )
  return answerNode(service, answer.body)
}
