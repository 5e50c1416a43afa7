import { textOf, field, type JsonNode } from '../../../json/json-node.ts'
import type { KeyAccess } from '../../keys/key-access.ts'
import { askForJson, type KeyQuestion, type KeyService } from '../key-service.ts'

const name = 'the token service of Google Cloud'
export const cloudScope = 'https://www.googleapis.com/auth/cloud-platform'

/** Posts a form to a token endpoint (RFC 6749 §4), and gives the token. */
export async function exchange(
  url: string,
  { form, secrets }: { readonly form: Readonly<Record<string, string>>; readonly secrets: readonly string[] },
  access: KeyAccess,
): Promise<string> {
  const { origin, pathname, search } = new URL(url)
  const question: KeyQuestion = {
    method: 'POST',
    path: `${pathname}${search}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(new URLSearchParams(form).toString()),
    secrets,
  }
  const place: KeyService = { service: { name, url: origin }, transport: access.connect() }
  return readToken(await askForJson(place, question, access))
}

export function readToken(answer: JsonNode, fieldName = 'access_token'): string {
  const token = textOf(field(answer, fieldName)).replace(/\.+$/, '')
  if (/^[\x21-\x7e]{1,16384}$/.test(token)) return token
  throw answer.refuse('a token that is none')
}
