import type { Authority, InspectRule } from '../policy.ts'
import { readDuration } from './parse-attestation.ts'
import { complainMissing, complainValue, readFields, readList, readText, readWord } from './slot.ts'
import type { Fields, Slot } from './slot.ts'

/** What is about inspections that somebody signed; the gate's own is of now, and weakened by nothing. */
const ofSigned = ['maxAge', 'declare', 'exceptions']

/** Reads `inspect`. */
export function parseInspect(slot: Slot, authorities: readonly Authority[]): InspectRule | undefined {
  const fields = readFields(slot, ['distroless', 'attestedBy', ...ofSigned])
  if (fields === undefined) return undefined
  if (!fields.has('distroless')) complainMissing(fields, ['distroless'])
  const distroless = readWord(fields.get('distroless'), ['strict', 'effective'])
  const attestedBy = readText(fields.get('attestedBy'))
  const maxAge = readDuration(fields.get('maxAge'))
  const declare = readNames(fields, 'declare')
  const exceptions = readNames(fields, 'exceptions')
  const stray = ofSigned.find((name) => fields.has(name))
  if (stray !== undefined && !fields.has('attestedBy'))
    complainMissing(fields, ['attestedBy'], `${stray} is about inspections that somebody signed`)
  if (
    attestedBy !== undefined &&
    !authorities.some(({ kind, name }) => kind === 'signed' && name === attestedBy)
  )
    complainValue(fields.get('attestedBy'), attestedBy, {
      expected: 'the name of an authority with a key or keyless',
    })
  if (distroless === undefined) return undefined
  return {
    distroless,
    declare,
    exceptions,
    ...(attestedBy === undefined ? {} : { attestedBy }),
    ...(maxAge === undefined ? {} : { maxAge }),
  }
}

function readNames(fields: Fields, name: string): readonly string[] {
  return readList(fields.get(name)).flatMap((item) => {
    const text = readText(item)
    if (text === undefined || /^[a-z][a-z0-9-]{0,63}$/.test(text)) return text ?? []
    complainValue(item, text, { expected: 'a name in lower-case letters, digits and -' })
    return []
  })
}
