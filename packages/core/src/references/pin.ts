import type { Digest } from '@assay/registry'
import type { Span } from '../policy/parse/located.ts'

/** A reference in a file, and the digest that was decided about. */
export interface Pin {
  readonly span: Span
  readonly reference: string
  readonly digest: Digest
}

export interface Pinned {
  readonly text: string
  /** How many references were given their digest. */
  readonly count: number
  /** References that are not written in a way that can be completed in place. */
  readonly left: readonly string[]
}

/**
 * Adds digests to the references of a file, and changes nothing else: `name:tag` becomes `name:tag@digest`,
 * in the quotes that it stands in. References that have a digest stay as they are.
 */
export function pinReferences(text: string, pins: readonly Pin[]): Pinned {
  const left: string[] = []
  const edits = new Map<number, { readonly end: number; readonly text: string }>()
  for (const { span, reference, digest } of pins) {
    if (reference.includes('@')) continue
    const written = text.slice(span.start, span.end)
    const [, quote = '', inner = ''] = /^(["']?)([^"'\\\s]*)\1$/.exec(written) ?? []
    if (inner === reference)
      edits.set(span.start, { end: span.end, text: `${quote}${inner}@${digest}${quote}` })
    else left.push(reference)
  }
  const parts: string[] = []
  let at = 0
  for (const [start, edit] of [...edits].toSorted(([a], [b]) => a - b)) {
    parts.push(text.slice(at, start), edit.text)
    at = edit.end
  }
  return { text: [...parts, text.slice(at)].join(''), count: edits.size, left: [...new Set(left)] }
}
