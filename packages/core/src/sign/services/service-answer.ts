import { parseStrictJson, RegistryError, type JsonValue } from '@assay/registry'
import type { JsonNode } from '../../json/json-node.ts'
import { misbehaved, type Service } from './service-call.ts'

/** The JSON of an answer, whose misfits are the service's fault. */
export function answerNode(service: Service, body: Uint8Array): JsonNode {
  return { value: strictJson(service, body), path: '', refuse: (message) => misbehaved(service, message) }
}

function strictJson(service: Service, body: Uint8Array): JsonValue {
  try {
    return parseStrictJson(body, { on: service.url })
  } catch (error) {
    if (error instanceof RegistryError) throw misbehaved(service, error.message, error)
    throw error
  }
}
