import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto'
import type { HashAlgorithm, KeySource } from '../policy.ts'
import { keptText } from './kept-texts.ts'
import { kmsReferenceFault } from './outside-references.ts'
import { complain, complainMissing, complainValue, exactlyOne, readFields, readText } from './slot.ts'
import type { Fields, Slot } from './slot.ts'
import type { PolicyContext } from './context.ts'

const hashAlgorithms = ['sha224', 'sha256', 'sha384', 'sha512'] as const
const maxKeys = 32
const systemNamespace = 'cosign-system'

export interface ParsedKey {
  readonly source: KeySource
  readonly hashAlgorithm: HashAlgorithm | undefined
}

/** Reads `key` (a KeyRef): inline PEM, a Secret, or a key service. */
export function parseKey(slot: Slot, context: PolicyContext): ParsedKey | undefined {
  const fields = readFields(slot, ['secretRef', 'data', 'kms', 'hashAlgorithm'])
  if (fields === undefined) return undefined
  const hashAlgorithm = readHash(fields.get('hashAlgorithm'))
  const source = readSource(fields, { what: 'key', context })
  return source === undefined ? undefined : { source, hashAlgorithm }
}

/**
 * Reads `ca-cert`, which has the shape of a key. In our own kind it holds certificates; policy-controller accepts
 * nothing but a public key in it, by which nothing can be verified.
 */
export function parseCaCert(slot: Slot, context: PolicyContext): KeySource | undefined {
  const fields = readFields(slot, ['secretRef', 'data', 'kms', 'hashAlgorithm'])
  if (fields === undefined) return undefined
  readHash(fields.get('hashAlgorithm'))
  if (context.extended) return readSource(fields, { what: 'certificate', context })
  const message = `${slot.path} verifies nothing: name a TrustRoot with that authority under trustRootRef`
  context.warn(slot, 'UNREACHABLE', message)
  return readSource(fields, { what: 'key', context })
}

/** In any letter case, and with spaces around it, as policy-controller reads it. */
function readHash(slot: Slot): HashAlgorithm | undefined {
  const text = readText(slot)
  if (text === undefined) return undefined
  const known = hashAlgorithms.find((name) => name === text.trim().toLowerCase())
  if (known === undefined) complainValue(slot, text, { expected: `one of ${hashAlgorithms.join(', ')}` })
  return known
}

interface Wanted {
  readonly what: 'key' | 'certificate'
  readonly context: PolicyContext
}

function readSource(fields: Fields, wanted: Wanted): KeySource | undefined {
  if (!exactlyOne(fields, ['data', 'kms', 'secretRef'])) return undefined
  if (fields.has('data')) return readData(fields.get('data'), wanted)
  if (fields.has('kms')) return readKms(fields.get('kms'))
  return readSecret(fields.get('secretRef'), wanted)
}

function readData(slot: Slot, wanted: Wanted): KeySource | undefined {
  const { what } = wanted
  const text = readText(slot)
  if (text === undefined) return undefined
  const blocks = text.match(/^-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/gm) ?? []
  if (blocks.length === 0 || blocks.length > maxKeys) {
    const expected = blocks.length === 0 ? `a ${what} in PEM form` : `at most ${maxKeys} PEM blocks`
    complainValue(slot, blocks.length === 0 ? 'text without a PEM block' : `${blocks.length} PEM blocks`, {
      expected,
    })
    return undefined
  }
  const pems: string[] = []
  for (const block of countedBlocks(blocks, slot, wanted)) {
    const read = what === 'key' ? readPublicKey(block) : readCertificate(block)
    if ('pem' in read) pems.push(read.pem)
    else {
      complainValue(slot, labelOf(block), read)
      return undefined
    }
  }
  const [first, ...others] = pems
  return first === undefined ? undefined : { kind: 'data', pems: [first, ...others] }
}

/** A ca-cert is a chain, of which every part counts. Of several keys policy-controller takes the first. */
function countedBlocks(blocks: readonly string[], slot: Slot, { what, context }: Wanted): readonly string[] {
  if (context.semantics === 'strict' || what === 'certificate' || blocks.length === 1) return blocks
  context.warn(slot, 'SEVERAL_KEYS', `only the first of ${blocks.length} keys counts here: ${slot.path}`)
  return blocks.slice(0, 1)
}

type PemReading = { readonly pem: string } | { readonly expected: string }

/** The key as SubjectPublicKeyInfo, whatever block it came in. */
function readPublicKey(block: string): PemReading {
  const label = /^-----BEGIN ([A-Z0-9 ]+)-----/.exec(block)?.[1]
  if (label?.includes('PRIVATE KEY') === true) {
    return { expected: 'a public key; this is a private one, keep it out of policies' }
  }
  if (label !== 'PUBLIC KEY' && label !== 'RSA PUBLIC KEY') return { expected: 'a PEM block PUBLIC KEY' }
  try {
    const key = createPublicKey(block)
    if (!isOfKnownKind(key)) return { expected: 'a key of RSA, ECDSA over a NIST curve, or Ed25519' }
    return { pem: key.export({ type: 'spki', format: 'pem' }).toString() }
  } catch {
    // OpenSSL's messages differ between versions and say nothing about which part is wrong.
    return { expected: 'a public key in PEM form' }
  }
}

/** The kinds of keys that Go's crypto/x509 reads. */
function isOfKnownKind({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): boolean {
  if (type === 'ec') return nistCurves.includes(details?.namedCurve ?? '')
  return type !== undefined && ['rsa', 'dsa', 'ed25519', 'x25519'].includes(type)
}

const nistCurves = ['secp224r1', 'prime256v1', 'secp384r1', 'secp521r1']

function readCertificate(block: string): PemReading {
  try {
    return { pem: new X509Certificate(block).toString() }
  } catch {
    // As above.
    return { expected: 'a certificate in PEM form' }
  }
}

function readKms(slot: Slot): KeySource | undefined {
  const reference = readText(slot)
  if (reference === undefined) return undefined
  const fault = kmsReferenceFault(reference)
  if (fault === undefined) return { kind: 'kms', reference }
  complainValue(slot, reference, { expected: fault })
  return undefined
}

function readSecret(slot: Slot, wanted: Wanted): KeySource | undefined {
  const { extended, kept } = wanted.context
  const fields = readFields(slot, ['name', 'namespace'])
  if (fields === undefined) return undefined
  const name = readText(fields.get('name'))
  const namespace = readText(fields.get('namespace'))
  if (namespace !== undefined && namespace !== systemNamespace) {
    complainValue(fields.get('namespace'), namespace, {
      expected: `${systemNamespace}, where policy-controller runs`,
      hint: 'leave it out',
    })
  }
  const text = name === undefined ? undefined : keptText(slot, { kind: 'Secret', name }, kept)
  if (text !== undefined) return readData(text, wanted)
  // policy-controller finds out later that there is no such Secret.
  if (!extended) return { kind: 'secret', name: name ?? '' }
  if (name === undefined) {
    complainMissing(fields, ['name'])
    return undefined
  }
  if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)) {
    complain(slot, {
      code: 'INVALID_VALUE',
      message: `invalid value: ${slot.path}.name is not the name of a Secret`,
    })
    return undefined
  }
  return { kind: 'secret', name, ...(namespace === undefined ? {} : { namespace }) }
}

/** All that is said of what stands under key.data: it may be a private key, and messages end up in logs. */
function labelOf(block: string): string {
  const label = /^-----BEGIN ([A-Z0-9 ]+)-----/.exec(block)?.[1] ?? ''
  return knownLabels.includes(label) ? `a PEM block ${label}` : 'a PEM block'
}

const knownLabels: readonly string[] = [
  'PUBLIC KEY',
  'RSA PUBLIC KEY',
  'CERTIFICATE',
  'PRIVATE KEY',
  'ENCRYPTED PRIVATE KEY',
  'EC PRIVATE KEY',
  'RSA PRIVATE KEY',
  'OPENSSH PRIVATE KEY',
  'ENCRYPTED SIGSTORE PRIVATE KEY',
  'ENCRYPTED COSIGN PRIVATE KEY',
]
