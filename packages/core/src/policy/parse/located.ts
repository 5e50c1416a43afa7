import type { Position } from '../problem.ts'

/** A YAML value that still knows where it stands; aliases are resolved, keys are strings and unique. */
export type Located = LocatedScalar | LocatedList | LocatedMap

export type LocatedScalar =
  | { readonly kind: 'null'; readonly at: Position }
  | { readonly kind: 'string'; readonly at: Position; readonly value: string; readonly span: Span }
  | { readonly kind: 'number'; readonly at: Position; readonly value: number }
  | { readonly kind: 'boolean'; readonly at: Position; readonly value: boolean }

/** Where a scalar is written, quotes included, as offsets into the file. */
export interface Span {
  readonly start: number
  readonly end: number
}

export interface LocatedList {
  readonly kind: 'list'
  readonly at: Position
  readonly items: readonly Located[]
}

export interface LocatedMap {
  readonly kind: 'map'
  readonly at: Position
  readonly entries: ReadonlyMap<string, LocatedEntry>
}

export interface LocatedEntry {
  readonly key: Position
  readonly value: Located
}
