import type { Position } from '../problem.ts'
import { complain, complainValue, readEntries, readText } from './slot.ts'
import type { Fields, Slot } from './slot.ts'

/** A Secret or a ConfigMap that stands beside the policies: its texts, by the names of its entries. */
export interface KeptTexts {
  readonly kind: 'Secret' | 'ConfigMap'
  readonly name: string
  readonly file: string
  readonly at: Position
  readonly entries: ReadonlyMap<string, KeptText>
}

interface KeptText {
  readonly at: Position
  readonly path: string
  readonly text: string
}

/** Reads the texts of a Secret or ConfigMap. What a Secret holds is never part of a message. */
export function readKeptTexts(kind: KeptTexts['kind'], fields: Fields): KeptTexts['entries'] {
  const entries = new Map<string, KeptText>()
  for (const [name, slot] of readEntries(fields.get('data'))) {
    const written = readText(slot) ?? ''
    const text = kind === 'Secret' ? decoded(written) : written
    if (text === undefined) complainValue(slot, 'the entry', { expected: 'text in base64' })
    else entries.set(name, { at: slot.at, path: slot.path, text })
  }
  if (kind === 'Secret')
    for (const [name, slot] of readEntries(fields.get('stringData')))
      entries.set(name, { at: slot.at, path: slot.path, text: readText(slot) ?? '' })
  return entries
}

function decoded(text: string): string | undefined {
  const bare = text.replaceAll(/\s/g, '')
  const bytes = Buffer.from(bare, 'base64')
  if (bytes.toString('base64') !== bare) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // Bytes that are no text are no key and no program either.
    return undefined
  }
}

/**
 * The text that a reference leads to, as a slot of the file that it stands in; undefined where the Secret or ConfigMap
 * is in none of the files. Without `key` it has to have one entry, as policy-controller demands of the Secret of a key.
 */
export function keptText(
  reference: Slot,
  wanted: { readonly kind: KeptTexts['kind']; readonly name: string; readonly key?: string },
  kept: readonly KeptTexts[],
): Slot | undefined {
  const { kind, name, key } = wanted
  const found = kept.find((each) => each.kind === kind && each.name === name)
  if (found === undefined) return undefined
  const [only, ...others] = found.entries.values()
  const entry = key === undefined ? (others.length === 0 ? only : undefined) : found.entries.get(key)
  const at = `${found.file}:${found.at.line}`
  if (entry === undefined) {
    const lack = key === undefined ? `has ${found.entries.size} entries, expected one` : `has no entry ${key}`
    const message = `invalid value: ${reference.path}: the ${kind} ${name} of ${at} ${lack}`
    complain(reference, { code: 'INVALID_VALUE', message })
  }
  const { text = '', path = reference.path } = entry ?? {}
  const position = entry?.at ?? found.at
  return {
    path,
    at: position,
    value:
      text === '' ? undefined : { kind: 'string', at: position, value: text, span: { start: 0, end: 0 } },
    sink: { ...reference.sink, file: found.file },
  }
}
