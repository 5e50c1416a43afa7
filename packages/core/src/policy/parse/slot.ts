import type { PolicyProblem, Position, ProblemCode } from '../problem.ts'
import type { Located } from './located.ts'

/** A place in the document that is being read: its path, its value if it has one, and where to complain. */
export interface Slot {
  readonly path: string
  readonly at: Position
  /** Undefined where the field is absent or null: Kubernetes treats both alike. */
  readonly value: Located | undefined
  readonly sink: ProblemSink
}

export interface ProblemSink {
  readonly file: string
  readonly add: (problem: PolicyProblem) => void
  /** Our own kind: what is written has to say something, and null and empty text say nothing. */
  readonly explicit?: boolean
}

/** The fields of a mapping; asking for one that is not allowed is a bug of ours. */
export interface Fields {
  readonly slot: Slot
  readonly get: (name: string) => Slot
  readonly has: (name: string) => boolean
}

export interface Complaint {
  readonly code: ProblemCode
  readonly message: string
  readonly hint?: string
}

export function complain(slot: Slot, complaint: Complaint): void {
  slot.sink.add({ file: slot.sink.file, ...slot.at, path: slot.path, ...complaint })
}

/** `invalid value: <value>: <path>`, with why. */
export function complainValue(
  slot: Slot,
  got: string,
  why: { readonly expected: string; readonly hint?: string },
): void {
  const hint = why.hint === undefined ? {} : { hint: why.hint }
  const shown = got.length > 80 ? `${got.slice(0, 80)}…` : got
  complain(slot, {
    code: 'INVALID_VALUE',
    message: `invalid value: ${shown}: ${slot.path}: ${why.expected}`,
    ...hint,
  })
}

/** `missing field(s): a, b`: at least one of them has to be there. */
export function complainMissing(fields: Fields, names: readonly string[], hint?: string): void {
  const paths = names.map((name) => fields.get(name).path).join(', ')
  const message = `missing field(s): ${paths}`
  complain(fields.slot, { code: 'MISSING_FIELD', message, ...(hint === undefined ? {} : { hint }) })
}

/** Says whether exactly one of the fields is there, and complains otherwise. */
export function exactlyOne(fields: Fields, names: readonly string[]): boolean {
  const present = names.filter((name) => fields.has(name))
  if (present.length === 1) return true
  const paths = names.map((name) => fields.get(name).path).join(', ')
  const [code, got] =
    present.length === 0 ? (['MISSING_FIELD', 'neither'] as const) : (['CONFLICTING_FIELDS', 'both'] as const)
  const hint = present.length === 0 ? {} : { hint: `keep one of ${present.join(', ')}` }
  complain(fields.slot, { code, message: `expected exactly one, got ${got}: ${paths}`, ...hint })
  return false
}

/**
 * Reads a mapping whose fields are known; every other field is a problem. Undefined where there is none. Those in
 * `blank` may be empty texts that mean something.
 */
export function readFields(
  slot: Slot,
  allowed: readonly string[],
  blank: readonly string[] = [],
): Fields | undefined {
  const { value } = slot
  if (value === undefined) return undefined
  if (value.kind !== 'map') {
    complainType(slot, 'a mapping')
    return undefined
  }
  for (const [name, entry] of value.entries) {
    if (allowed.includes(name)) {
      if (!blank.includes(name)) complainBlank(child(slot, entry, name))
      continue
    }
    const near = allowed.find((known) => known.toLowerCase() === name.toLowerCase())
    const hint = near === undefined ? `known here: ${allowed.join(', ')}` : `did you mean ${near}?`
    const unknown: Slot = { ...slot, path: joinPath(slot.path, name), at: entry.key }
    complain(unknown, { code: 'UNKNOWN_FIELD', message: `unknown field: ${unknown.path}`, hint })
  }
  return {
    slot,
    get: (name) => child(slot, value.entries.get(name), name),
    has: (name) => !isBlank(child(slot, value.entries.get(name), name)),
  }
}

/** All entries of a mapping with free names, such as labels. */
export function readEntries(slot: Slot): readonly (readonly [string, Slot])[] {
  const { value } = slot
  if (value === undefined) return []
  if (value.kind !== 'map') {
    complainType(slot, 'a mapping')
    return []
  }
  return [...value.entries].map(([name, entry]) => [name, child(slot, entry, name)])
}

export function readList(slot: Slot): readonly Slot[] {
  const { value } = slot
  if (value === undefined) return []
  if (value.kind !== 'list') {
    complainType(slot, 'a list')
    return []
  }
  return value.items.map((item, index) => {
    const path = `${slot.path}[${index}]`
    const read: Slot = { ...slot, path, at: item.at, value: item.kind === 'null' ? undefined : item }
    if (item.kind === 'null') complainBlank(read)
    return read
  })
}

/** Whether nothing is there: Kubernetes' Go types take the empty text for that, too. */
export function isBlank({ value }: Slot): boolean {
  return value === undefined || (value.kind === 'string' && value.value === '')
}

/** A rule that is left empty is a rule that somebody forgot; it would be dropped in silence. */
function complainBlank(slot: Slot): void {
  if (slot.sink.explicit !== true || !isBlank(slot)) return
  const message = `invalid value: ${slot.path} is empty`
  complain(slot, { code: 'INVALID_VALUE', message, hint: 'fill it in, or leave it out' })
}

/** The text of a field; the empty string counts as absent, as it does in Kubernetes' Go types. */
export function readText(slot: Slot): string | undefined {
  if (slot.value === undefined) return undefined
  if (slot.value.kind === 'string') return slot.value.value === '' ? undefined : slot.value.value
  complainType(slot, 'text', 'put it in quotes')
  return undefined
}

export function readFlag(slot: Slot): boolean | undefined {
  if (slot.value === undefined) return undefined
  if (slot.value.kind === 'boolean') return slot.value.value
  complainType(slot, 'true or false')
  return undefined
}

/** One of a closed set of words. */
export function readWord<Word extends string>(slot: Slot, words: readonly Word[]): Word | undefined {
  const text = readText(slot)
  if (text === undefined) return undefined
  const word = words.find((known) => known === text)
  if (word === undefined) complainValue(slot, text, { expected: `one of ${words.join(', ')}` })
  return word
}

export function complainType(slot: Slot, expected: string, hint?: string): void {
  const got = slot.value?.kind ?? 'nothing'
  const message = `invalid value: ${slot.path} is a ${got}, expected ${expected}`
  complain(slot, { code: 'WRONG_TYPE', message, ...(hint === undefined ? {} : { hint }) })
}

function child(
  parent: Slot,
  entry: { readonly key: Position; readonly value: Located } | undefined,
  name: string,
): Slot {
  const path = joinPath(parent.path, name)
  if (entry === undefined) return { ...parent, path, value: undefined }
  const { value } = entry
  return { ...parent, path, at: value.at, value: value.kind === 'null' ? undefined : value }
}

function joinPath(parent: string, name: string): string {
  return parent === '' ? name : `${parent}.${name}`
}
