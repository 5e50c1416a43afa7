import { createHash, timingSafeEqual } from 'node:crypto'
import { isJsonArray, parseStrictJson, RegistryError, type JsonValue } from '@assay/registry'
import { field, optional, textOf, type JsonNode } from '../../../json/json-node.ts'
import { SigningError } from '../../signing-error.ts'
import type { OAuthClient } from './oauth-client.ts'

/**
 * Checks that an identity token is for this sign-in: of this issuer, for this client, and where there is a nonce,
 * for it (OpenID Connect Core 1.0 §3.1.3.7). It comes from the issuer itself by https, which stands for its
 * signature there; Fulcio checks that again.
 * @throws SigningError SERVICE_MISBEHAVED, without the token
 */
export function checkIdToken(
  token: string,
  { issuer, clientId }: OAuthClient,
  nonce: string | undefined,
): string {
  const refuse = (got: string): SigningError =>
    new SigningError(
      'SERVICE_MISBEHAVED',
      'the identity provider gave a token that is not for this sign-in',
      {
        on: issuer.issuer,
        got,
      },
    )
  const claims: JsonNode = { value: claimsOf(token, refuse), path: '', refuse }
  if (textOf(field(claims, 'iss')) !== issuer.issuer) throw refuse('a token of another issuer')
  const { value: audience } = field(claims, 'aud')
  const audiences = audience !== undefined && isJsonArray(audience) ? audience : [audience]
  if (!audiences.includes(clientId)) throw refuse('a token for another client')
  const said = optional(field(claims, 'nonce'), textOf)
  if (nonce !== undefined && (said === undefined || !isSameSecret(said, nonce)))
    throw refuse('a token with another nonce')
  return token
}

function claimsOf(token: string, refuse: (got: string) => SigningError): JsonValue {
  try {
    return parseStrictJson(Buffer.from(token.split('.')[1] ?? '', 'base64url'), { on: 'identity token' })
  } catch (error) {
    // The parser's message may quote the token: it is left out.
    if (error instanceof RegistryError) throw refuse('something that is no token')
    throw error
  }
}

/** Whether two secrets are the same, in a time that does not tell how much of them is. */
export function isSameSecret(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}
