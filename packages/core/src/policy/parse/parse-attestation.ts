import { predicateAliases, predicateTypeOf } from '../../statement/predicate-types.ts'
import { summaryType } from '../../statement/verification-summary.ts'
import { parseDuration } from '../duration.ts'
import { parseGlob } from '../glob.ts'
import type { AttestationRule } from '../policy.ts'
import type { ProvenanceRule } from '../provenance-rule.ts'
import type { SummaryRule } from '../summary-rule.ts'
import type { PolicyContext } from './context.ts'
import { parseProgram } from './parse-program.ts'
import {
  complain,
  complainMissing,
  complainType,
  complainValue,
  readEntries,
  readFields,
  readList,
  readText,
} from './slot.ts'
import type { Fields, Slot } from './slot.ts'

const provenanceTypes = ['https://slsa.dev/provenance/v0.2', 'https://slsa.dev/provenance/v1']

const provenanceFields = ['builder', 'source', 'ref', 'tag', 'branch', 'minLevel', 'parameters']

/** Reads one entry of an authority's `attestations`. */
export function parseAttestation(slot: Slot, context: PolicyContext): AttestationRule | undefined {
  const own = context.extended ? ['maxAge', 'slsa', 'vsa'] : []
  const fields = readFields(slot, ['name', 'predicateType', 'policy', ...own])
  if (fields === undefined) return complainNothing(slot)
  const name = readText(fields.get('name'))
  const type = readText(fields.get('predicateType'))
  const program = parseProgram(fields.get('policy'), { context, level: 'attestation' })
  const maxAge = readDuration(fields.get('maxAge'))
  const provenance = parseProvenance(fields.get('slsa'))
  const summary = parseSummary(fields.get('vsa'))
  if (name === undefined) complainMissing(fields, ['name'])
  if (type === undefined) complainMissing(fields, ['predicateType'])
  if (name === undefined || type === undefined) return undefined
  if (!isPredicateType(fields, type, context)) return undefined
  const predicateType = predicateTypeOf(type)
  demandType(fields, 'slsa', { types: provenanceTypes, predicateType })
  demandType(fields, 'vsa', { types: [summaryType], predicateType })
  return {
    name,
    predicateType,
    ...(program === undefined ? {} : { program }),
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(provenance === undefined ? {} : { provenance }),
    ...(summary === undefined ? {} : { summary }),
  }
}

/** An entry that is null would be a rule that was dropped. */
function complainNothing(slot: Slot): undefined {
  if (slot.value === undefined)
    complain(slot, { code: 'MISSING_FIELD', message: `missing field(s): ${slot.path}.name` })
  return undefined
}

/** Reads a positive duration in milliseconds. */
export function readDuration(slot: Slot): number | undefined {
  const text = readText(slot)
  if (text === undefined) return undefined
  const duration = parseDuration(text)
  if (duration === undefined) complainValue(slot, text, { expected: 'a duration such as 720h or 30d' })
  return duration
}

function isPredicateType(fields: Fields, type: string, context: PolicyContext): boolean {
  const slot = fields.get('predicateType')
  if (predicateAliases.includes(type)) {
    const message = `${slot.path}: write ${predicateTypeOf(type)} instead of the short name ${type}`
    context.warn(slot, 'SHORT_PREDICATE_TYPE', message)
    return true
  }
  if (URL.canParse(type)) return true
  if (!context.extended) {
    context.warn(
      slot,
      'SHORT_PREDICATE_TYPE',
      `${slot.path}: ${type} is no URI, and the type of no known predicate`,
    )
    return true
  }
  complainValue(slot, type, { expected: 'a URI or one of the short names' })
  return false
}

/** A rule over a predicate belongs to the type that has it: beside another it would never be asked. */
function demandType(
  fields: Fields,
  rule: 'slsa' | 'vsa',
  { types, predicateType }: { readonly types: readonly string[]; readonly predicateType: string },
): void {
  if (!fields.has(rule) || types.includes(predicateType)) return
  const slot = fields.get(rule)
  const message = `${slot.path} needs the predicateType ${types.join(' or ')}`
  complain(slot, { code: 'CONFLICTING_FIELDS', message })
}

function parseProvenance(slot: Slot): ProvenanceRule | undefined {
  const fields = readFields(slot, provenanceFields)
  if (fields === undefined) return undefined
  const builder = readText(fields.get('builder'))
  const source = readText(fields.get('source'))
  const ref = parseRef(fields)
  const minLevel = readLevel(fields.get('minLevel'))
  const parameters = readEntries(fields.get('parameters')).flatMap(([name, value]) =>
    readParameter(name, value),
  )
  if (source !== undefined && /:\/\/|^git\+|@/.test(source))
    complainValue(fields.get('source'), source, {
      expected: 'host and path alone, such as github.com/acme/app',
    })
  if (!provenanceFields.some((name) => fields.has(name)))
    complainMissing(fields, ['builder', 'source', 'tag', 'minLevel'])
  return {
    ...(builder === undefined ? {} : { builder }),
    ...(source === undefined ? {} : { source }),
    ...(ref === undefined ? {} : { ref }),
    ...(minLevel === undefined ? {} : { minLevel }),
    ...(parameters.length === 0 ? {} : { parameters: Object.fromEntries(parameters) }),
  }
}

/** A value is compared as text; `true` and `1` are `"true"` and `"1"`. */
function readParameter(name: string, slot: Slot): readonly (readonly [string, string])[] {
  if (slot.value === undefined)
    complain(slot, { code: 'MISSING_FIELD', message: `missing field(s): ${slot.path}` })
  if (slot.value?.kind === 'number' || slot.value?.kind === 'boolean')
    return [[name, String(slot.value.value)]]
  const text = readText(slot)
  return text === undefined ? [] : [[name, text]]
}

/** `ref` is the whole reference; `tag` and `branch` are patterns of what comes after refs/tags/ and refs/heads/. */
function parseRef(fields: Fields): ProvenanceRule['ref'] {
  const given = (['ref', 'tag', 'branch'] as const).filter((name) => fields.has(name))
  const [name] = given
  if (name === undefined) return undefined
  if (given.length > 1) {
    const paths = given.map((other) => fields.get(other).path).join(', ')
    complain(fields.slot, { code: 'CONFLICTING_FIELDS', message: `expected at most one of: ${paths}` })
  }
  const text = readText(fields.get(name))
  if (text === undefined) return undefined
  const glob = parseGlob(`${{ ref: '', tag: 'refs/tags/', branch: 'refs/heads/' }[name]}${text}`)
  const isWhole = name !== 'ref' || text.startsWith('refs/')
  if (glob !== undefined && isWhole) return glob
  const expected = name === 'ref' ? 'a whole reference such as refs/heads/main' : 'a name, with * and **'
  complainValue(fields.get(name), text, { expected })
  return undefined
}

function readDigest(slot: Slot): string | undefined {
  const text = readText(slot)
  if (text === undefined || /^[a-z0-9]+:[0-9a-f]{32,128}$/.test(text)) return text
  complainValue(slot, text, { expected: 'a digest such as sha256:…' })
  return undefined
}

function readLevel(slot: Slot): number | undefined {
  if (slot.value === undefined) return undefined
  if (slot.value.kind === 'number' && [1, 2, 3].includes(slot.value.value)) return slot.value.value
  complainType(slot, '1, 2 or 3')
  return undefined
}

function parseSummary(slot: Slot): SummaryRule | undefined {
  const fields = readFields(slot, ['verifier', 'resource', 'policy', 'policyDigest', 'levels', 'maxAge'])
  if (fields === undefined) return undefined
  const verifier = readText(fields.get('verifier'))
  const resource = readText(fields.get('resource'))
  const policy = readText(fields.get('policy'))
  const policyDigest = readDigest(fields.get('policyDigest'))
  const levels = readList(fields.get('levels')).flatMap((item) => readText(item) ?? [])
  const maxAge = readDuration(fields.get('maxAge'))
  if (verifier === undefined) complainMissing(fields, ['verifier'])
  if (verifier === undefined) return undefined
  return {
    verifier,
    levels,
    ...(resource === undefined ? {} : { resource }),
    ...(policy === undefined ? {} : { policy }),
    ...(policyDigest === undefined ? {} : { policyDigest }),
    ...(maxAge === undefined ? {} : { maxAge }),
  }
}
