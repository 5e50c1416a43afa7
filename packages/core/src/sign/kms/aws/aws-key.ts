import { base64Of, field, filledBase64Of, listOf, textOf } from '../../../json/json-node.ts'
import type { KeyAlgorithm, TrustedKey } from '../../../trust/public-key.ts'
import type { NewKeyAlgorithm } from '../../keys/generate-key-pair.ts'
import type { KeyAccess } from '../../keys/key-access.ts'
import { misbehaved } from '../../services/service-call.ts'
import { SigningError } from '../../signing-error.ts'
import type { KeptKey } from '../kept-key.ts'
import { digestOf, type KeyTask } from '../key-task.ts'
import {
  keyAnswer,
  malformedReference,
  noKeyAccess,
  servedKey,
  unsupportedKey,
  type KeyCall,
} from '../key-service.ts'
import { callAwsKms, isRefusal, openAwsKms, type AwsCall, type AwsKms } from './aws-kms.ts'

/**
 * A key of AWS KMS (`awskms://[ENDPOINT]/ID`, an alias, or an ARN).
 * @throws SigningError
 */
export async function awsKey(resource: string, access: KeyAccess): Promise<KeptKey> {
  const kms = await openAwsKms(resource, access)
  const { publicKey, algorithms, keyId } = await readKey(kms, access)
  return {
    publicKey,
    refuse: (got) => misbehaved(kms.service, got),
    sign: (task, call) => {
      const algorithm = algorithmOf(task)
      if (!algorithms.includes(algorithm))
        throw unsupportedKey(kms.service, { expected: algorithm, got: algorithms.join(', ') })
      const message = task.form === 'message' ? task.message : digestOf(task)
      return sign(
        kms,
        { keyId, algorithm, message, type: task.form === 'message' ? 'RAW' : 'DIGEST' },
        {
          signal: access.signal,
          ...call,
        },
      )
    },
  }
}

const specs: Readonly<Record<NewKeyAlgorithm, string>> = {
  'ecdsa-p256': 'ECC_NIST_P256',
  'ecdsa-p384': 'ECC_NIST_P384',
  'ecdsa-p521': 'ECC_NIST_P521',
  'rsa-2048': 'RSA_2048',
  'rsa-3072': 'RSA_3072',
  'rsa-4096': 'RSA_4096',
  ed25519: 'ECC_NIST_EDWARDS25519',
}

/**
 * Makes a key and gives it the alias of the reference.
 * @throws SigningError KEY_FILE_EXISTS where the alias is taken
 */
export async function createAwsKey(
  resource: string,
  algorithm: NewKeyAlgorithm,
  access: KeyAccess,
): Promise<TrustedKey> {
  const kms = await openAwsKms(resource, access, true)
  const { alias } = kms.reference
  if (alias === undefined) throw malformedReference('awskms://[ENDPOINT]/alias/NAME, for a new key')
  if (await isThere(kms, access))
    throw new SigningError('KEY_FILE_EXISTS', 'AWS KMS has a key of this name already', { on: alias })
  const made = await ask(
    kms,
    {
      name: 'CreateKey',
      input: { KeySpec: specs[algorithm], KeyUsage: 'SIGN_VERIFY', Description: 'Made by assay' },
    },
    access,
  )
  const id = textOf(field(field(made, 'KeyMetadata'), 'KeyId'))
  await callAwsKms(kms, { name: 'CreateAlias', input: { AliasName: alias, TargetKeyId: id } }, access)
  return (await readKey(kms, access)).publicKey
}

async function isThere(kms: AwsKms, call: KeyCall): Promise<boolean> {
  try {
    await readKey(kms, call)
    return true
  } catch (error) {
    if (isRefusal(error, /NotFoundException/)) return false
    throw error
  }
}

interface AwsKey {
  readonly publicKey: TrustedKey
  readonly algorithms: readonly string[]
  /** The ARN of the key itself: an alias could stand for another one by the time of the next call. */
  readonly keyId: string
}

async function readKey(kms: AwsKms, call: KeyCall): Promise<AwsKey> {
  const answer = await ask(kms, { name: 'GetPublicKey', input: { KeyId: kms.reference.keyId } }, call)
  const usage = textOf(field(answer, 'KeyUsage'))
  if (usage !== 'SIGN_VERIFY') throw unsupportedKey(kms.service, { expected: 'SIGN_VERIFY', got: usage })
  return {
    publicKey: servedKey(kms.service, { spki: base64Of(field(answer, 'PublicKey')) }),
    algorithms: listOf(field(answer, 'SigningAlgorithms'), 32).map(textOf),
    keyId: textOf(field(answer, 'KeyId')),
  }
}

const algorithms: Readonly<Record<KeyAlgorithm, string>> = {
  'ecdsa-p256': 'ECDSA_SHA_256',
  'ecdsa-p384': 'ECDSA_SHA_384',
  'ecdsa-p521': 'ECDSA_SHA_512',
  rsa: 'RSASSA_PKCS1_V1_5_SHA_256',
  ed25519: 'ED25519_SHA_512',
}

function algorithmOf({ algorithm, form }: KeyTask): string {
  return algorithm === 'ed25519' && form === 'digest' ? 'ED25519_PH_SHA_512' : algorithms[algorithm]
}

/** What AWS takes of a message that is not hashed beforehand, in bytes. */
const maxRawMessage = 4096

async function sign(
  kms: AwsKms,
  task: {
    readonly keyId: string
    readonly algorithm: string
    readonly message: Uint8Array
    readonly type: 'RAW' | 'DIGEST'
  },
  call: KeyCall,
): Promise<Uint8Array> {
  if (task.type === 'RAW' && task.message.byteLength > maxRawMessage)
    throw noKeyAccess(
      'AWS KMS',
      `it signs no more than ${maxRawMessage} bytes with Ed25519`,
      'use a key of ECDSA or RSA',
    )
  const input = {
    KeyId: task.keyId,
    Message: Buffer.from(task.message).toString('base64'),
    MessageType: task.type,
    SigningAlgorithm: task.algorithm,
  }
  return filledBase64Of(field(await ask(kms, { name: 'Sign', input }, call), 'Signature'))
}

async function ask(kms: AwsKms, call: AwsCall, how: KeyCall): Promise<ReturnType<typeof keyAnswer>> {
  return keyAnswer(kms.service, await callAwsKms(kms, call, how))
}
