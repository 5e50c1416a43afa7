import { CodedError } from '@assay/registry'

/** What a text must be: exactly this, or matched by an RE2 expression from its first to its last character. */
export type TextPattern =
  | { readonly kind: 'exact'; readonly value: string }
  /** Made by `compilePattern` only. */
  | { readonly kind: 'regexp'; readonly source: string; readonly match: (text: string) => PatternMatch }

/** A pattern that cannot be used: the request is wrong, nothing was verified. */
export class PatternError extends CodedError<'INVALID_PATTERN'> {}

/** How a text meets a pattern. `inside` means that only an unanchored search would have found it. */
export type PatternMatch = 'match' | 'inside' | 'none'

/** Compares a text with a pattern; expressions are anchored at both ends. */
export function matchPattern(pattern: TextPattern, text: string): PatternMatch {
  if (pattern.kind === 'regexp') return pattern.match(text)
  return pattern.value === text ? 'match' : 'none'
}

/** The pattern as people read it. */
export function describePattern(pattern: TextPattern): string {
  return pattern.kind === 'exact' ? pattern.value : `^(?:${pattern.source})$`
}

/**
 * Makes a pattern of an RE2 expression. The engine is loaded when the first expression is used: loading it costs a
 * tenth of a whole verification, and most demands are exact texts.
 * @throws PatternError INVALID_PATTERN
 */
export async function compilePattern(source: string): Promise<TextPattern> {
  const { matchText, patternFault } = await import('./text-rule.ts')
  const fault = patternFault(source)
  if (fault !== undefined)
    throw new PatternError('INVALID_PATTERN', 'the regular expression cannot be used', {
      on: source,
      expected: 'an RE2 expression',
      got: fault,
    })
  const rule = { kind: 'regexp', source, anchored: true } as const
  return {
    kind: 'regexp',
    source,
    match: (text) => {
      const match = matchText(rule, text)
      if (match.status === 'matches') return 'match'
      return match.unanchored ? 'inside' : 'none'
    },
  }
}
