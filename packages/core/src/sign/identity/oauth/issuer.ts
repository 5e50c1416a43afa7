import type { Call } from '@assay/registry'
import { field, listOf, optional, textOf, type JsonNode } from '../../../json/json-node.ts'
import { answerNode } from '../../services/service-answer.ts'
import { callService, misbehaved, type Service, type ServiceAccess } from '../../services/service-call.ts'
import { isServiceUrl } from '../../services/signing-config.ts'
import { SigningError } from '../../signing-error.ts'

/** An OpenID Connect provider that people or programs sign in to, by its discovery document. */
export interface Issuer {
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly authorizationEndpoint?: string
  readonly deviceEndpoint?: string
}

export interface IssuerChoice {
  readonly issuer: string
  /** Hosts besides the issuer's own that its endpoints may be at. */
  readonly trustedHosts: readonly string[]
}

const endpointNames = {
  token: 'token_endpoint',
  authorization: 'authorization_endpoint',
  device: 'device_authorization_endpoint',
  keys: 'jwks_uri',
} as const

/**
 * Asks an issuer where it is asked for tokens (OpenID Connect Discovery 1.0 §4). Nobody else may answer for it: no
 * redirect is followed, the document has to be about this issuer, and its endpoints have to be at its own host.
 * @throws SigningError SERVICE_MISBEHAVED and the codes of asking a service
 */
export async function discoverIssuer(
  access: ServiceAccess,
  choice: IssuerChoice,
  call?: Call,
): Promise<Issuer> {
  const service: Service = { name: 'the identity provider', url: choice.issuer }
  if (!isServiceUrl(choice.issuer)) {
    throw new SigningError('NO_IDENTITY', 'the issuer is not an https URL', { got: choice.issuer })
  }
  const answer = await callService(
    access,
    {
      service,
      method: 'GET',
      path: '/.well-known/openid-configuration',
      headers: { accept: 'application/json' },
      accept: [200],
    },
    call,
  )
  const document = answerNode(service, answer.body)
  const said = textOf(field(document, 'issuer'))
  if (said !== choice.issuer) throw misbehaved(service, `it speaks for another issuer: ${said}`)
  const methods = optional(field(document, 'code_challenge_methods_supported'), (node) =>
    listOf(node, 20).map(textOf),
  )
  if (methods?.includes('S256') === false) throw misbehaved(service, 'it does not take PKCE with S256')
  const endpoint = endpointReader(document, choice)
  endpoint('keys')
  const [authorizationEndpoint, deviceEndpoint] = [endpoint('authorization'), endpoint('device')]
  const tokenEndpoint = endpoint('token')
  if (tokenEndpoint === undefined) throw misbehaved(service, 'it names no token endpoint')
  return {
    issuer: choice.issuer,
    tokenEndpoint,
    ...(authorizationEndpoint !== undefined && { authorizationEndpoint }),
    ...(deviceEndpoint !== undefined && { deviceEndpoint }),
  }
}

/** Codes and secrets go to these addresses, so that a document may not send them anywhere. */
function endpointReader(
  document: JsonNode,
  { issuer, trustedHosts }: IssuerChoice,
): (name: keyof typeof endpointNames) => string | undefined {
  const hosts = [new URL(issuer).host, ...trustedHosts]
  return (name) => {
    const url = optional(field(document, endpointNames[name]), textOf)
    if (url === undefined) return undefined
    const host = URL.parse(url)?.host ?? ''
    if (isServiceUrl(url.replace(/\?.*$/s, '')) && hosts.includes(host)) return url
    throw new SigningError('SERVICE_MISBEHAVED', 'the identity provider sends us elsewhere', {
      on: issuer,
      expected: `${endpointNames[name]} at ${hosts.join(' or ')}, by https`,
      got: url.slice(0, 300),
      hint: 'where the host is the issuer’s, name it with --oidc-trusted-host',
    })
  }
}
