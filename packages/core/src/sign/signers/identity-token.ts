import { parseStrictJson, RegistryError, type JsonValue } from '@assay/registry'
import { countOf, field, isMissing, textOf, type JsonNode } from '../../json/json-node.ts'
import { SigningError } from '../signing-error.ts'

/** What an OpenID Connect token says of its holder. The token itself is a secret until it expires. */
export interface IdentityToken {
  readonly token: string
  readonly issuer: string
  /** What the holder signs to show that the key is theirs: the e-mail address, else the subject. */
  readonly subject: string
  /** Whether the subject is an e-mail address: then the certificate is for exactly this address. */
  readonly isEmail: boolean
  readonly expiresAt: Date
}

const maxTokenSize = 64 * 1024

/**
 * Reads the claims of a token; its signature is Fulcio's to judge.
 * @throws SigningError MALFORMED_TOKEN, TOKEN_EXPIRED
 */
export function parseIdentityToken(text: string, now: Date): IdentityToken {
  const token = text.trim()
  const parts = token.split('.')
  if (parts.length !== 3 || token.length > maxTokenSize || !/^[\w.-]+$/.test(token)) {
    throw malformed('it is not three parts of base64url')
  }
  const claims: JsonNode = { value: strictJson(parts[1] ?? ''), path: '', refuse: malformed }
  const email = field(claims, 'email')
  // Exactly true: a text of any kind, or nothing, is no promise that somebody looked.
  if (!isMissing(email) && field(claims, 'email_verified').value !== true)
    throw malformed('its issuer has not verified the e-mail address')
  const subject = textOf(isMissing(email) ? field(claims, 'sub') : email)
  const expiresAt = new Date(Number(countOf(field(claims, 'exp'))) * 1000)
  if (Number.isNaN(expiresAt.getTime())) throw malformed('exp is out of range')
  if (expiresAt <= now) {
    throw new SigningError('TOKEN_EXPIRED', 'the identity token has expired', {
      expected: `a token that is valid at ${now.toISOString()}`,
      got: `valid until ${expiresAt.toISOString()}`,
      hint: 'get a fresh token right before signing, and check the clock of this machine',
    })
  }
  return { token, issuer: textOf(field(claims, 'iss')), subject, isEmail: !isMissing(email), expiresAt }
}

function strictJson(part: string): JsonValue {
  try {
    return parseStrictJson(Buffer.from(part, 'base64url'), { on: 'identity token' })
  } catch (error) {
    // The parser's message may quote the token: it is left out.
    if (error instanceof RegistryError) throw malformed('its claims are not JSON')
    throw error
  }
}

function malformed(got: string): SigningError {
  return new SigningError('MALFORMED_TOKEN', 'the identity token is malformed', { got })
}
