import { parseStrictJson, redact, RegistryError, type JsonValue } from '@assay/registry'
import { base64Of, field, isMissing, textOf, type JsonNode } from '../../json/json-node.ts'
import type { HashAlgorithm } from '../../trust/hash-algorithm.ts'
import { parsePublicKey, type TrustedKey } from '../../trust/public-key.ts'
import { TrustError } from '../../trust/trust-error.ts'
import { hashOf } from '../keys/private-key.ts'
import type { KeyAccess, SigningKey } from '../keys/signing-key.ts'
import { SigningError } from '../signing-error.ts'
import { runPlugin } from './run-plugin.ts'

export interface PluginReference {
  readonly program: string
  readonly resource: string
}

/** Go's numbers for hashes (crypto.Hash), as the protocol has them. */
const hashNumbers: Readonly<Record<HashAlgorithm, number>> = { sha256: 5, sha384: 6, sha512: 7 }

/**
 * A key that a program keeps (sigstore/sigstore pkg/signature/kms/cliplugin, protocol v1). The program is started
 * once for the public key and once for each signature; the secret half never comes here.
 * @throws SigningError KEY_PLUGIN_FAILED
 */
export async function pluginKey(reference: PluginReference, access: KeyAccess): Promise<SigningKey> {
  const publicKey = await publicKeyOf(reference, access)
  const hash = hashOf(publicKey.algorithm)
  return {
    publicKey,
    sign: async (message) => {
      const options = { rpcOptions: {}, messageOptions: { hashFunc: hashNumbers[hash] } }
      const method = { methodName: 'signMessage', signMessage: { signOptions: options } }
      const answer = await ask(reference, { method, hash, message }, access)
      const value = base64Of(field(field(answer, 'signMessage'), 'signature'))
      return { value, publicKey, hash }
    },
  }
}

async function publicKeyOf(reference: PluginReference, access: KeyAccess): Promise<TrustedKey> {
  const method = { methodName: 'publicKey', publicKey: { publicKeyOptions: { rpcOptions: {} } } }
  const answer = await ask(reference, { method, hash: 'sha256', message: new Uint8Array() }, access)
  const pem = base64Of(field(field(answer, 'publicKey'), 'publicKeyPEM'))
  try {
    return parsePublicKey(pem)
  } catch (error) {
    if (error instanceof TrustError) throw failed(reference, `its public key: ${error.message}`, error)
    throw error
  }
}

interface Question {
  readonly method: Readonly<Record<string, unknown>>
  readonly hash: HashAlgorithm
  readonly message: Uint8Array
}

async function ask(reference: PluginReference, question: Question, access: KeyAccess): Promise<JsonNode> {
  const initOptions = {
    protocolVersion: 'v1',
    keyResourceID: reference.resource,
    hashFunc: hashNumbers[question.hash],
    rpcOptions: {},
  }
  const output = await runPlugin(
    { program: reference.program, request: { initOptions, ...question.method }, stdin: question.message },
    { ...access, failed: (got, cause) => failed(reference, got, cause) },
  )
  const answer: JsonNode = {
    value: strictJson(reference, output),
    path: '',
    refuse: (message) => failed(reference, message),
  }
  const complaint = field(answer, 'errorMessage')
  if (!isMissing(complaint)) throw failed(reference, textOf(complaint))
  return answer
}

function strictJson(reference: PluginReference, output: Uint8Array): JsonValue {
  try {
    return parseStrictJson(output, { on: reference.program })
  } catch (error) {
    if (error instanceof RegistryError) throw failed(reference, `its answer: ${error.message}`, error)
    throw error
  }
}

function failed({ program }: PluginReference, got: string, cause?: unknown): SigningError {
  return new SigningError('KEY_PLUGIN_FAILED', 'the program that keeps the key did not help', {
    on: program,
    got: redact(got).slice(0, 500),
    cause,
  })
}
