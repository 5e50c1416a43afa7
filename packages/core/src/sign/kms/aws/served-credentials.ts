import { field, isMissing, textOf, type JsonNode } from '../../../json/json-node.ts'
import type { AwsCredentials } from './credentials.ts'

/** The form in which containers, machines and programs answer; they differ in the name of the token. */
export function servedCredentials(answer: JsonNode): AwsCredentials {
  const [token, sessionToken] = [field(answer, 'Token'), field(answer, 'SessionToken')]
  const given = isMissing(token) ? sessionToken : token
  return {
    accessKeyId: textOf(field(answer, 'AccessKeyId')),
    secretAccessKey: textOf(field(answer, 'SecretAccessKey')),
    ...(!isMissing(given) && { sessionToken: textOf(given) }),
  }
}
