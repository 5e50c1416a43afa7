import type { Located } from '../policy/parse/located.ts'
import { fieldOf, itemsOf } from './collector.ts'

/** Where a custom resource names images: `Kind=spec.image`, `Kind.group=spec.workers[*].image`. */
export interface ImagePath {
  readonly kind: string
  /** Undefined means any. */
  readonly group: string | undefined
  /** Names of fields, and `[*]` for every item of a list. */
  readonly steps: readonly string[]
}

const each = '[*]'

/** Reads `KIND[.GROUP]=PATH`; undefined where it is none. */
export function parseImagePath(text: string): ImagePath | undefined {
  const match = /^([A-Z][A-Za-z0-9]{0,62})(?:\.([a-z0-9.-]{1,253}))?=([A-Za-z_][\w.[\]*-]{0,500})$/.exec(text)
  const [, kind, group, path] = match ?? []
  if (kind === undefined || path === undefined) return undefined
  const steps: string[] = []
  for (const part of path.split('.')) {
    const [, name, lists] = /^([A-Za-z_][\w-]*)((?:\[\*\])*)$/.exec(part) ?? []
    if (name === undefined) return undefined
    steps.push(name, ...Array.from({ length: (lists ?? '').length / 3 }, () => each))
  }
  return { kind, group, steps }
}

/** The values that the path leads to, each with the path that it really has. */
export function imagesAt(
  document: Located,
  steps: ImagePath['steps'],
): readonly { readonly value: Located; readonly at: string }[] {
  let here: readonly { readonly value: Located; readonly at: string }[] = [{ value: document, at: '' }]
  for (const step of steps) {
    here = here.flatMap(({ value, at }) => {
      if (step === each) return itemsOf(value).map((item, index) => ({ value: item, at: `${at}[${index}]` }))
      const field = fieldOf(value, step)
      return field === undefined ? [] : [{ value: field, at: at === '' ? step : `${at}.${step}` }]
    })
  }
  return here
}
