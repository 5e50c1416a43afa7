import { parseStrictJson, redact, RegistryError, type JsonValue } from '@assay/registry'
import {
  base64Of,
  field,
  filledBase64Of,
  isMissing,
  listOf,
  textOf,
  type JsonNode,
} from '../../../json/json-node.ts'
import { parsePublicKey, type TrustedKey } from '../../../trust/public-key.ts'
import { TrustError } from '../../../trust/trust-error.ts'
import type { NewKeyAlgorithm } from '../../keys/generate-key-pair.ts'
import type { KeyAccess } from '../../keys/key-access.ts'
import { runProgram } from '../../run-program.ts'
import { SigningError } from '../../signing-error.ts'
import type { KeyTask } from '../key-task.ts'
import type { KeptKey } from '../kept-key.ts'

export interface PluginReference {
  readonly program: string
  readonly resource: string
}

/** Go's numbers for hashes (crypto.Hash), as the protocol has them; none is Ed25519 over the message itself. */
const hashNumbers = { none: 0, sha256: 5, sha384: 6, sha512: 7 } as const

/**
 * A key that a program keeps (sigstore/sigstore pkg/signature/kms/cliplugin, protocol v1). The program is started
 * once for the public key and once for each signature.
 * @throws SigningError KEY_PLUGIN_FAILED
 */
export async function pluginKey(reference: PluginReference, access: KeyAccess): Promise<KeptKey> {
  const publicKey = await publicKeyOf(reference, access)
  return {
    publicKey,
    refuse: (got) => failed(reference, got),
    sign: async (task, { signal = access.signal }) => {
      const hashFunc = hashNumbers[hashName(task)]
      const options = { rpcOptions: {}, messageOptions: { hashFunc } }
      const method = { methodName: 'signMessage', signMessage: { signOptions: options } }
      const answer = await ask(reference, { method, hashFunc, message: task.message }, { ...access, signal })
      return filledBase64Of(field(field(answer, 'signMessage'), 'signature'))
    },
  }
}

/**
 * Has the program make a key. Programs name their algorithms as they like; one that knows ours is told it.
 * @throws SigningError KEY_PLUGIN_FAILED, UNSUPPORTED_KEY
 */
export async function createPluginKey(
  reference: PluginReference,
  algorithm: NewKeyAlgorithm,
  access: KeyAccess,
): Promise<TrustedKey> {
  const supported = await supportedAlgorithms(reference, access)
  if (!supported.includes(algorithm))
    throw new SigningError('UNSUPPORTED_KEY', 'the program makes no keys of this kind', {
      on: reference.program,
      expected: supported.map((each) => redact(each).slice(0, 60)).join(', '),
      got: algorithm,
    })
  const method = { methodName: 'createKey', createKey: { algorithm } }
  const answer = await ask(reference, { method, ...nothingToSign }, access)
  return readKey(reference, field(field(answer, 'createKey'), 'publicKeyPEM'))
}

const nothingToSign = { hashFunc: hashNumbers.sha256, message: new Uint8Array() }

const maxAlgorithms = 100

async function supportedAlgorithms(
  reference: PluginReference,
  access: KeyAccess,
): Promise<readonly string[]> {
  const method = { methodName: 'supportedAlgorithms', supportedAlgorithms: {} }
  const answer = await ask(reference, { method, ...nothingToSign }, access)
  return listOf(field(field(answer, 'supportedAlgorithms'), 'supportedAlgorithms'), maxAlgorithms).map(textOf)
}

function hashName({ hash, form }: KeyTask): keyof typeof hashNumbers {
  return form === 'message' ? 'none' : hash
}

async function publicKeyOf(reference: PluginReference, access: KeyAccess): Promise<TrustedKey> {
  const method = { methodName: 'publicKey', publicKey: { publicKeyOptions: { rpcOptions: {} } } }
  const answer = await ask(reference, { method, ...nothingToSign }, access)
  return readKey(reference, field(field(answer, 'publicKey'), 'publicKeyPEM'))
}

function readKey(reference: PluginReference, node: JsonNode): TrustedKey {
  const pem = base64Of(node)
  try {
    return parsePublicKey(pem)
  } catch (error) {
    if (error instanceof TrustError) throw failed(reference, `its public key: ${error.message}`, error)
    throw error
  }
}

interface Question {
  readonly method: Readonly<Record<string, unknown>>
  readonly hashFunc: number
  readonly message: Uint8Array
}

/** Its exit code means nothing in the protocol; what it says on stderr goes to ours, for people. */
async function ask(reference: PluginReference, question: Question, access: KeyAccess): Promise<JsonNode> {
  const initOptions = {
    protocolVersion: 'v1',
    keyResourceID: reference.resource,
    hashFunc: question.hashFunc,
    rpcOptions: {},
  }
  const { stdout } = await runProgram({
    program: reference.program,
    args: ['v1', JSON.stringify({ initOptions, ...question.method })],
    env: access.env,
    stdin: question.message,
    stderr: 'show',
    signal: access.signal,
    failed: (got, cause) => failed(reference, got, cause),
  })
  const answer: JsonNode = {
    value: strictJson(reference, stdout),
    path: '',
    refuse: (message) => failed(reference, message),
  }
  const complaint = field(answer, 'errorMessage')
  if (!isMissing(complaint) && textOf(complaint) !== '') throw failed(reference, textOf(complaint))
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
