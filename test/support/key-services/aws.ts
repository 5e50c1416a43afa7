import { createHash, createHmac, createPublicKey, type KeyObject } from 'node:crypto'
import { spkiOf, standInSignature, type KeptByStandIn, type SignedForm } from './kept.ts'
import type { StandIn, StandInAnswer, StandInRequest } from './stand-in.ts'

export interface AwsStandIn {
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  /** The time of the service. */
  readonly now: () => Date
  /** Keys by id and by alias. */
  readonly keys: Map<string, KeptByStandIn>
  readonly newKey?: (spec: string) => KeyObject
  /** What `SigningAlgorithms` says instead of what fits the key. */
  readonly algorithms?: readonly string[]
  /** How many calls are throttled before one is answered. */
  readonly throttle?: { left: number }
}

const skew = 300_000

/** AWS KMS: GetPublicKey, DescribeKey, Sign, CreateKey and CreateAlias, for requests that are signed as SigV4 has it. */
export function awsStandIn(aws: AwsStandIn): StandIn {
  return (request) => {
    const problem = signatureProblem(aws, request, 'kms')
    if (problem !== undefined) return refusal('InvalidSignatureException', problem)
    if (aws.throttle !== undefined && aws.throttle.left > 0) {
      aws.throttle.left -= 1
      return refusal('ThrottlingException', 'Rate exceeded')
    }
    return called(aws, request)
  }
}

type Call = (aws: AwsStandIn, input: Readonly<Record<string, string>>) => StandInAnswer

const calls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['TrentService.GetPublicKey', (aws, { KeyId = '' }) => publicKey(aws, KeyId)],
  ['TrentService.DescribeKey', (aws, { KeyId = '' }) => described(aws, KeyId)],
  ['TrentService.Sign', signed],
  ['TrentService.CreateKey', (aws, { KeySpec = '' }) => created(aws, KeySpec)],
  ['TrentService.CreateAlias', aliased],
])

function called(aws: AwsStandIn, { headers, body }: StandInRequest): StandInAnswer {
  const input: Record<string, string> = JSON.parse(body.toString())
  return calls.get(headers['x-amz-target'] ?? '')?.(aws, input) ?? refusal('UnknownOperationException', '')
}

function refusal(type: string, message: string): StandInAnswer {
  return {
    status: 400,
    body: { __type: type, message },
    headers: { 'content-type': 'application/x-amz-json-1.1' },
  }
}

const arn = (id: string): string => `arn:aws:kms:eu-central-1:111122223333:key/${id}`

function found(
  aws: AwsStandIn,
  id: string,
): { readonly id: string; readonly kept: KeptByStandIn } | undefined {
  const name = id.startsWith('arn:') ? id.slice(id.indexOf(':', 20) + 1).replace(/^.*:(?:key\/)?/, '') : id
  const kept = aws.keys.get(name)
  const own = [...aws.keys].find(([key, each]) => each === kept && !key.startsWith('alias/'))?.[0]
  return kept === undefined || own === undefined ? undefined : { id: own, kept }
}

function publicKey(aws: AwsStandIn, id: string): StandInAnswer {
  const key = found(aws, id)
  if (key === undefined) return refusal('NotFoundException', `Alias ${id} is not found.`)
  return {
    status: 200,
    body: {
      KeyId: arn(key.id),
      PublicKey: spkiOf(key.kept.key).toString('base64'),
      KeyUsage: 'SIGN_VERIFY',
      SigningAlgorithms: aws.algorithms ?? algorithmsOf(key.kept.key),
    },
  }
}

/** Asked by AWS's own libraries, which cosign uses. */
function described(aws: AwsStandIn, id: string): StandInAnswer {
  const key = found(aws, id)
  if (key === undefined) return refusal('NotFoundException', `Alias ${id} is not found.`)
  const metadata = { KeyId: key.id, Arn: arn(key.id), SigningAlgorithms: algorithmsOf(key.kept.key) }
  return { status: 200, body: { KeyMetadata: { ...metadata, KeyUsage: 'SIGN_VERIFY', Enabled: true } } }
}

function algorithmsOf(key: KeyObject): readonly string[] {
  if (key.asymmetricKeyType === 'ed25519') return ['ED25519_SHA_512', 'ED25519_PH_SHA_512']
  if (key.asymmetricKeyType === 'rsa')
    return ['RSASSA_PSS_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_512']
  const { namedCurve } = createPublicKey(key).asymmetricKeyDetails ?? {}
  return [
    { prime256v1: 'ECDSA_SHA_256', secp384r1: 'ECDSA_SHA_384', secp521r1: 'ECDSA_SHA_512' }[
      namedCurve ?? ''
    ] ?? '',
  ]
}

function signed(aws: AwsStandIn, input: Readonly<Record<string, string>>): StandInAnswer {
  const key = found(aws, input['KeyId'] ?? '')
  if (key === undefined) return refusal('NotFoundException', 'no such key')
  const algorithm = input['SigningAlgorithm'] ?? ''
  if (!algorithmsOf(key.kept.key).includes(algorithm)) return refusal('InvalidKeyUsageException', algorithm)
  const bytes = Buffer.from(input['Message'] ?? '', 'base64')
  const isRaw = input['MessageType'] === 'RAW'
  if (isRaw !== (algorithm === 'ED25519_SHA_512')) return refusal('ValidationException', 'MessageType')
  const form: SignedForm = isRaw
    ? { kind: 'message', message: bytes }
    : algorithm === 'ED25519_PH_SHA_512'
      ? { kind: 'ed25519ph', digest: bytes }
      : { kind: 'digest', digest: bytes, hash: hashOf(algorithm) }
  if (form.kind === 'digest' && bytes.byteLength !== { sha256: 32, sha384: 48, sha512: 64 }[form.hash])
    return refusal('ValidationException', 'Digest is invalid length for algorithm')
  const body = {
    KeyId: arn(key.id),
    Signature: standInSignature(key.kept, form).toString('base64'),
    SigningAlgorithm: algorithm,
  }
  return { status: 200, body }
}

function hashOf(algorithm: string): 'sha256' | 'sha384' | 'sha512' {
  if (algorithm.endsWith('384')) return 'sha384'
  return algorithm.endsWith('512') ? 'sha512' : 'sha256'
}

function created(aws: AwsStandIn, spec: string): StandInAnswer {
  const key = aws.newKey?.(spec)
  if (key === undefined) return refusal('ValidationException', spec)
  const id = `1234abcd-12ab-34cd-56ef-${String(aws.keys.size).padStart(12, '0')}`
  aws.keys.set(id, { key })
  return { status: 200, body: { KeyMetadata: { KeyId: id, Arn: arn(id), CreationDate: 1.7e9 } } }
}

function aliased(aws: AwsStandIn, input: Readonly<Record<string, string>>): StandInAnswer {
  const kept = aws.keys.get(input['TargetKeyId'] ?? '')
  if (kept !== undefined) aws.keys.set(input['AliasName'] ?? '', kept)
  return { status: 200, body: '' }
}

/**
 * What is wrong with the signature of a request: written from AWS's description of Signature Version 4, apart from what
 * the driver does.
 */
export function signatureProblem(
  aws: Pick<AwsStandIn, 'region' | 'accessKeyId' | 'secretAccessKey' | 'sessionToken' | 'now'>,
  request: StandInRequest,
  service: string,
): string | undefined {
  const { headers } = request
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/
  const [, id, day, region, name, list = '', signature] = pattern.exec(headers['authorization'] ?? '') ?? []
  const time = headers['x-amz-date'] ?? ''
  if ([id, region, name].join() !== [aws.accessKeyId, aws.region, service].join())
    return 'the credential scope'
  if (!isFresh(time, aws.now()) || !time.startsWith(day ?? '-')) return `Signature expired: ${time}`
  const names = list.split(';')
  const needed = ['host', 'x-amz-date', ...(service === 'kms' ? ['x-amz-target'] : [])]
  const unsigned = needed.find((each) => !names.includes(each))
  if (unsigned !== undefined) return `${unsigned} is not signed`
  const scope = `${day}/${region}/${service}/aws4_request`
  const { expected, canonical } = signatureOf(request, { list, time, scope, secret: aws.secretAccessKey })
  // Like AWS, it repeats what it computed, which holds the session token.
  return expected === signature ? undefined : `The canonical string is ${canonical}`
}

function isFresh(time: string, now: Date): boolean {
  const stated = Date.parse(time.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  return Math.abs(stated - now.getTime()) <= skew
}

function signatureOf(
  { method, url, headers, body }: StandInRequest,
  how: { readonly list: string; readonly time: string; readonly scope: string; readonly secret: string },
): { readonly expected: string; readonly canonical: string } {
  const { list, time, scope } = how
  const lines = list
    .split(';')
    .map((each) => `${each}:${(headers[each] ?? '').trim()}\n`)
    .join('')
  const hash = createHash('sha256').update(body).digest('hex')
  const canonical = `${method}\n${url.pathname}\n${url.search.slice(1)}\n${lines}\n${list}\n${hash}`
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${createHash('sha256').update(canonical).digest('hex')}`
  let key: Buffer = Buffer.from(`AWS4${how.secret}`)
  for (const part of scope.split('/')) key = createHmac('sha256', key).update(part).digest()
  return { expected: createHmac('sha256', key).update(text).digest('hex'), canonical }
}
