import type {
  Authority,
  KeyAuthority,
  KeylessAuthority,
  LogRule,
  SignatureSource,
  SignedAuthority,
  StaticAuthority,
  TimestampRule,
} from '../policy.ts'
import type { PolicyContext } from './context.ts'
import { parseAttestation, readDuration } from './parse-attestation.ts'
import { parseKey } from './parse-key.ts'
import { signaturePlaceFault } from './outside-references.ts'
import { parseKeyless, readUrl } from './parse-keyless.ts'
import {
  complain,
  complainMissing,
  complainValue,
  exactlyOne,
  isBlank,
  readFields,
  readList,
  readText,
  readWord,
} from './slot.ts'
import type { Fields, Slot } from './slot.ts'

const authorityFields = [
  'name',
  'key',
  'keyless',
  'static',
  'source',
  'ctlog',
  'rfc3161timestamp',
  'attestations',
  'signatureFormat',
]
const maxAttestations = 64

/** Reads one entry of `spec.authorities`. */
export function parseAuthority(slot: Slot, index: number, context: PolicyContext): Authority | undefined {
  const own = context.extended ? ['maxAge'] : []
  const fields = readFields(slot, [...authorityFields, ...own])
  if (fields === undefined) {
    complain(slot, { code: 'MISSING_FIELD', message: `missing field(s): ${slot.path}` })
    return undefined
  }
  const name = readText(fields.get('name')) ?? `authority-${index}`
  const one = exactlyOne(fields, ['key', 'keyless', 'static'])
  // Even then the parts are read, so that every problem shows at once.
  const key = parseKey(fields.get('key'), context)
  const keyless = parseKeyless(fields.get('keyless'), context)
  const fixed = parseStatic(fields, name, context)
  const rest = parseCommon(fields, context)
  if (!one) return undefined
  if (fields.has('static')) return fixed
  const signer: KeyAuthority | KeylessAuthority | undefined =
    key === undefined ? keyless : { kind: 'key', key: key.source, hashAlgorithm: key.hashAlgorithm }
  if (signer === undefined) return undefined
  return { kind: 'signed', name, signer, log: logRule(fields, signer, context), ...rest }
}

/** An empty list says nothing. */
function says(slot: Slot): boolean {
  return !isBlank(slot) && !(slot.value?.kind === 'list' && slot.value.items.length === 0)
}

/** What makes no sense beside a static answer. */
const besideStatic = ['attestations', 'source', 'ctlog', 'rfc3161timestamp']

function parseStatic(fields: Fields, name: string, { extended }: PolicyContext): StaticAuthority | undefined {
  const inner = readFields(fields.get('static'), ['action', 'message'])
  if (inner === undefined) return undefined
  for (const other of [...besideStatic, ...(extended ? ['signatureFormat', 'maxAge'] : [])]) {
    if (says(fields.get(other))) exactlyOne(fields, ['static', other])
  }
  if (!inner.has('action')) complainMissing(inner, ['action'])
  const action = readWord(inner.get('action'), ['pass', 'fail'])
  const message = readText(inner.get('message'))
  if (action === undefined) return undefined
  return { kind: 'static', name, action, ...(message === undefined ? {} : { message }) }
}

function parseCommon(fields: Fields, context: PolicyContext) {
  const source = parseSource(fields.get('source'), context)
  const maxAge = readDuration(fields.get('maxAge'))
  const slots = readList(fields.get('attestations'))
  if (slots.length > maxAttestations) {
    const expected = `at most ${maxAttestations} attestations`
    complainValue(fields.get('attestations'), String(slots.length), { expected })
  }
  return {
    signatureFormat: readFormat(fields.get('signatureFormat'), context),
    timestamp: parseTimestamp(fields.get('rfc3161timestamp')),
    attestations: slots.slice(0, maxAttestations).flatMap((slot) => parseAttestation(slot, context) ?? []),
    ...(source === undefined ? {} : { source }),
    ...(maxAge === undefined ? {} : { maxAge }),
  } as const
}

function readFormat(slot: Slot, context: PolicyContext): SignedAuthority['signatureFormat'] {
  if (context.extended) return readWord(slot, ['legacy', 'bundle', 'auto']) ?? defaultFormat(context)
  const text = readText(slot)
  if (text === undefined || text === 'legacy' || text === 'bundle') return text ?? defaultFormat(context)
  context.warn(
    slot,
    'UNKNOWN_FORMAT',
    `${slot.path}: ${text} is no format, and policy-controller reads it as legacy`,
  )
  return 'legacy'
}

function defaultFormat({ semantics }: PolicyContext): SignedAuthority['signatureFormat'] {
  return semantics === 'compat' ? 'legacy' : 'auto'
}

function parseSource(slot: Slot, { extended }: PolicyContext): SignatureSource | undefined {
  const slots = readList(slot)
  if (slots.length > 1) complainValue(slot, `${slots.length} sources`, { expected: 'at most one source' })
  const [first] = slots
  const fields =
    first === undefined ? undefined : readFields(first, ['oci', 'signaturePullSecrets', 'tagPrefix'])
  if (fields === undefined) return undefined
  const oci = readText(fields.get('oci'))
  const fault = oci === undefined ? undefined : signaturePlaceFault(oci)
  if (oci !== undefined && fault !== undefined) complainValue(fields.get('oci'), oci, { expected: fault })
  const tagPrefix = readText(fields.get('tagPrefix'))
  if (extended && tagPrefix !== undefined && !/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,40}$/.test(tagPrefix)) {
    complainValue(fields.get('tagPrefix'), tagPrefix, { expected: 'the beginning of a tag' })
  }
  const pullSecrets = readList(fields.get('signaturePullSecrets')).flatMap((item) => {
    const secret = readFields(item, ['name'])
    const name = secret === undefined ? undefined : readText(secret.get('name'))
    if (secret !== undefined && name === undefined) complainMissing(secret, ['name'])
    return name ?? []
  })
  return {
    pullSecrets,
    ...(oci === undefined ? {} : { oci }),
    ...(tagPrefix === undefined ? {} : { tagPrefix }),
  }
}

function parseTimestamp(slot: Slot): TimestampRule {
  const fields = readFields(slot, ['trustRootRef'])
  if (fields === undefined) return { demand: 'none' }
  const trustRootRef = readText(fields.get('trustRootRef'))
  return { demand: 'required', ...(trustRootRef === undefined ? {} : { trustRootRef }) }
}

/** What `ctlog` and its absence mean (gates.md §1.7 "Trust-material defaults", §8.3). */
function logRule(fields: Fields, signer: KeyAuthority | KeylessAuthority, context: PolicyContext): LogRule {
  const written = writtenLogRule(fields, context)
  if (written !== undefined) return written
  if (fields.has('rfc3161timestamp')) return { demand: 'ignored' }
  if (signer.kind === 'key') {
    const message = `${fields.slot.path} has a key and no ctlog: signatures count without any log entry or time`
    context.warn(fields.slot, 'KEY_WITHOUT_LOG', message)
    return { demand: 'ignored' }
  }
  if (signer.trustRootRef === undefined) return { demand: 'required' }
  return { demand: context.semantics === 'compat' ? 'ignored' : 'log-or-timestamp' }
}

function writtenLogRule(fields: Fields, context: PolicyContext): LogRule | undefined {
  const log = readFields(fields.get('ctlog'), ['url', 'trustRootRef'])
  if (log === undefined) return undefined
  const url = readUrl(log.get('url'), context)
  const trustRootRef = readText(log.get('trustRootRef'))
  const named = trustRootRef === undefined ? {} : { trustRootRef }
  if (context.semantics === 'strict')
    return { demand: 'required', ...named, ...(url === undefined ? {} : { url }) }
  if (fields.has('rfc3161timestamp')) return { demand: 'ignored' }
  if (url !== undefined || trustRootRef !== undefined) return { demand: 'required', ...named }
  const message = `${fields.slot.path}.ctlog is empty: signatures count without any log entry`
  context.warn(fields.slot, 'LOG_IGNORED', message)
  return { demand: 'ignored' }
}
