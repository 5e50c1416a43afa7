import { parseGlob } from '../glob.ts'
import type { Glob } from '../glob.ts'
import type { Authority, Policy, PolicyException, Requirement } from '../policy.ts'
import type { PolicyContext } from './context.ts'
import { parseAuthority } from './parse-authority.ts'
import { parseInspect } from './parse-inspect.ts'
import { parseMatch, parseSelector } from './parse-match.ts'
import { parseProgram } from './parse-program.ts'
import {
  complain,
  complainMissing,
  complainType,
  complainValue,
  readFields,
  readFlag,
  readList,
  readText,
  readWord,
} from './slot.ts'
import type { Fields, Slot } from './slot.ts'

const commonFields = ['images', 'match', 'mode', 'authorities', 'policy']
const ownFields = ['namespaceSelector', 'exclude', 'require', 'requireDigest', 'inspect', 'exceptions']
const maxAuthorities = 128
const maxGlobs = 1024

export type ParsedSpec = Omit<Policy, 'name' | 'file' | 'at' | 'semantics'>

/** Reads `spec`. Problems go to the slot's sink; what is returned is only good where there was none. */
export function parseSpec(slot: Slot, context: PolicyContext): ParsedSpec | undefined {
  const fields = readFields(slot, context.extended ? [...commonFields, ...ownFields] : commonFields)
  if (fields === undefined) {
    complain(slot, { code: 'MISSING_FIELD', message: 'missing field(s): spec' })
    return undefined
  }
  const images = parseGlobs(fields.get('images'))
  if (readList(fields.get('images')).length === 0) complainMissing(fields, ['images'])
  demandAuthorities(fields, context)
  const authorities = parseAuthorities(fields, context)
  const inspect = parseInspect(fields.get('inspect'), authorities)
  const namespaceSelector = parseSelector(fields.get('namespaceSelector'))
  const program = parseProgram(fields.get('policy'), { context, level: 'policy' })
  return {
    images,
    exclude: parseGlobs(fields.get('exclude')),
    match: readList(fields.get('match')).flatMap((item) => parseMatch(item, context) ?? []),
    mode: readMode(fields.get('mode'), context),
    requireDigest: readFlag(fields.get('requireDigest')) ?? false,
    require: parseRequirement(fields.get('require'), authorities.length),
    authorities,
    exceptions: readList(fields.get('exceptions')).flatMap((item) => parseException(item) ?? []),
    ...(namespaceSelector === undefined ? {} : { namespaceSelector }),
    ...(inspect === undefined ? {} : { inspect }),
    ...(program === undefined ? {} : { program }),
  }
}

/** What policy-controller can be told to accept without authorities is never met. */
function demandAuthorities(fields: Fields, { extended, emptyAuthorities }: PolicyContext): void {
  if (readList(fields.get('authorities')).length > 0) return
  const mayBeEmpty = fields.has('inspect') || (!extended && emptyAuthorities === true)
  if (!mayBeEmpty) complainMissing(fields, ['authorities'], 'say who has to have signed')
  if (fields.has('require'))
    complainMissing(fields, ['authorities'], 'require counts authorities, and there are none')
}

/** Reads a list of `{glob}`. */
export function parseGlobs(slot: Slot): readonly Glob[] {
  const slots = readList(slot)
  if (slots.length > maxGlobs)
    complainValue(slot, String(slots.length), { expected: `at most ${maxGlobs} globs` })
  return slots.slice(0, maxGlobs).flatMap((item) => {
    const fields = readFields(item, ['glob'])
    if (fields?.has('glob') !== true) {
      complain(item, { code: 'MISSING_FIELD', message: `missing field(s): ${item.path}.glob` })
      return []
    }
    const text = readText(fields.get('glob'))
    if (text === undefined) return []
    const glob = parseGlob(text)
    if (glob === undefined) {
      const expected = 'letters, digits and - _ : / . @, with * and **'
      complainValue(fields.get('glob'), text, { expected })
      return []
    }
    return glob
  })
}

function readMode(slot: Slot, context: PolicyContext): Policy['mode'] {
  const mode = context.extended
    ? readWord(slot, ['enforce', 'warn', 'audit'])
    : readWord(slot, ['enforce', 'warn'])
  return mode ?? 'enforce'
}

function parseAuthorities(fields: Fields, context: PolicyContext): readonly Authority[] {
  const slots = readList(fields.get('authorities'))
  if (slots.length > maxAuthorities) {
    const expected = `at most ${maxAuthorities} authorities`
    complainValue(fields.get('authorities'), String(slots.length), { expected })
  }
  const authorities = slots.slice(0, maxAuthorities).flatMap((slot, index) => {
    const authority = parseAuthority(slot, index, context)
    return authority === undefined ? [] : [{ slot, authority }]
  })
  const names = new Set<string>()
  for (const { slot, authority } of authorities) {
    // Names are how a program and a report tell authorities apart.
    if (names.has(authority.name) && !context.extended) {
      const message = `${slot.path} has the name of another authority (${authority.name}): programs cannot tell them apart`
      context.warn(slot, 'SAME_NAME', message)
    } else if (names.has(authority.name)) {
      complain(slot, {
        code: 'DUPLICATE_NAME',
        message: `invalid value: ${authority.name}: ${slot.path}.name: used twice`,
      })
    }
    names.add(authority.name)
  }
  return authorities.map(({ authority }) => authority)
}

/** `any`, `all` or `{atLeast: N}`. */
function parseRequirement(slot: Slot, authorities: number): Requirement {
  if (slot.value === undefined) return { kind: 'any' }
  if (slot.value.kind === 'string') {
    return { kind: readWord(slot, ['any', 'all']) ?? 'all' }
  }
  const fields = readFields(slot, ['atLeast'])
  const count = fields?.get('atLeast')
  if (fields === undefined || count === undefined) return { kind: 'all' }
  if (count.value?.kind !== 'number' || !Number.isSafeInteger(count.value.value)) {
    complainType(count, 'a whole number')
    return { kind: 'all' }
  }
  const wanted = count.value.value
  if (wanted < 1 || wanted > authorities) {
    complainValue(count, String(wanted), {
      expected: `between 1 and the number of authorities (${authorities})`,
    })
  }
  return { kind: 'at-least', count: wanted }
}

function parseException(slot: Slot): PolicyException | undefined {
  const fields = readFields(slot, ['images', 'reason', 'approvedBy', 'expires'])
  if (fields === undefined) return undefined
  const images = parseGlobs(fields.get('images'))
  const reason = readText(fields.get('reason'))
  const approvedBy = readText(fields.get('approvedBy'))
  const expires = readExpiry(fields.get('expires'))
  for (const name of ['images', 'reason', 'expires']) if (!fields.has(name)) complainMissing(fields, [name])
  if (reason === undefined || expires === undefined || images.length === 0) return undefined
  return { images, reason, expires, ...(approvedBy === undefined ? {} : { approvedBy }) }
}

/** A date holds to the end of that day in UTC; a full RFC 3339 time to that moment. */
function readExpiry(slot: Slot): Date | undefined {
  const text = readText(slot)
  if (text === undefined) return undefined
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text)
  const moment = /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/.test(text)
  const time = Date.parse(day ? `${text}T00:00:00Z` : text)
  if ((!day && !moment) || Number.isNaN(time) || !isDay(text.slice(0, 10))) {
    complainValue(slot, text, {
      expected: 'a day such as 2026-12-31, or a time such as 2026-12-31T12:00:00Z',
    })
    return undefined
  }
  return new Date(day ? time + 86_400_000 : time)
}

/** Date.parse turns 2026-02-30 into March: the day that comes out has to be the one that went in. */
function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === text
}
