import { createPublicKey, X509Certificate } from 'node:crypto'
import type { HashAlgorithm, KeySource } from '../policy.ts'
import { kmsReferenceFault } from './kms-reference.ts'
import {
  complain,
  complainMissing,
  complainValue,
  exactlyOne,
  readFields,
  readText,
  readWord,
} from './slot.ts'
import type { Fields, Slot } from './slot.ts'
import type { PolicyContext } from './context.ts'

const hashAlgorithms = ['sha224', 'sha256', 'sha384', 'sha512'] as const
const maxKeys = 32

export interface ParsedKey {
  readonly source: KeySource
  readonly hashAlgorithm: HashAlgorithm | undefined
}

/** Reads `key` (a KeyRef): inline PEM, a Secret, or a key service. */
export function parseKey(slot: Slot, context: PolicyContext): ParsedKey | undefined {
  const fields = readFields(slot, ['secretRef', 'data', 'kms', 'hashAlgorithm'])
  if (fields === undefined) return undefined
  const hashAlgorithm = readWord(fields.get('hashAlgorithm'), hashAlgorithms)
  const source = readSource(fields, { what: 'key', context })
  return source === undefined ? undefined : { source, hashAlgorithm }
}

/** Reads `ca-cert`, which has the shape of a key and holds certificates. */
export function parseCaCert(slot: Slot, context: PolicyContext): KeySource | undefined {
  const fields = readFields(slot, ['secretRef', 'data', 'kms', 'hashAlgorithm'])
  if (fields === undefined) return undefined
  readWord(fields.get('hashAlgorithm'), hashAlgorithms)
  return readSource(fields, { what: 'certificate', context })
}

interface Wanted {
  readonly what: 'key' | 'certificate'
  readonly context: PolicyContext
}

function readSource(fields: Fields, wanted: Wanted): KeySource | undefined {
  if (!exactlyOne(fields, ['data', 'kms', 'secretRef'])) return undefined
  if (fields.has('data')) return readData(fields.get('data'), wanted)
  if (fields.has('kms')) return readKms(fields.get('kms'))
  return readSecret(fields.get('secretRef'))
}

function readData(slot: Slot, wanted: Wanted): KeySource | undefined {
  const { what } = wanted
  const text = readText(slot)
  if (text === undefined) return undefined
  const blocks = text.match(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g) ?? []
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
    return { pem: createPublicKey(block).export({ type: 'spki', format: 'pem' }).toString() }
  } catch {
    // OpenSSL's messages differ between versions and say nothing about which part is wrong.
    return { expected: 'a public key in PEM form' }
  }
}

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

function readSecret(slot: Slot): KeySource | undefined {
  const fields = readFields(slot, ['name', 'namespace'])
  if (fields === undefined) return undefined
  const name = readText(fields.get('name'))
  const namespace = readText(fields.get('namespace'))
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
