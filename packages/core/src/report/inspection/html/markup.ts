import { redact } from '@assay/registry'

/** Markup that is safe to put into a page: made by `markup` only. */
export class Markup {
  readonly #text: string

  constructor(strings: readonly string[], values: readonly Content[]) {
    this.#text = strings.map((part, at) => part + written(values[at] ?? '')).join('')
  }

  toString(): string {
    return this.#text
  }
}

/** Our own text, which stands as it is. Nothing that comes from outside may get here. */
export function verbatim(text: string): Markup {
  return new Markup([text], [])
}

/** What may stand in a page; texts are escaped. */
export type Content = Markup | string | number | readonly Content[]

/**
 * A template for HTML. Values stand between tags or in quoted attributes; they are escaped, and control and reordering
 * characters and credentials are taken out.
 */
export function markup({ raw }: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(raw, values)
}

function written(value: Content): string {
  if (value instanceof Markup) return value.toString()
  if (typeof value === 'object') return value.map(written).join('')
  return redact(String(value)).replaceAll(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`)
}
