import { CodedError } from '@assay/registry'
import { matchText, patternFault } from './text-rule.ts'

/** What a text must be: exactly this, or matched by an RE2 expression from its first to its last character. */
export type TextPattern =
  | { readonly kind: 'exact'; readonly value: string }
  | { readonly kind: 'regexp'; readonly source: string }

/** A pattern that cannot be used: the request is wrong, nothing was verified. */
export class PatternError extends CodedError<'INVALID_PATTERN'> {}

/** How a text meets a pattern. `inside` means that only an unanchored search would have found it. */
export type PatternMatch = 'match' | 'inside' | 'none'

/** Compares a text with a pattern; expressions are anchored at both ends. The pattern must compile. */
export function matchPattern(pattern: TextPattern, text: string): PatternMatch {
  const match = matchText(pattern.kind === 'exact' ? pattern : { ...pattern, anchored: true }, text)
  if (match.status === 'matches') return 'match'
  return match.unanchored ? 'inside' : 'none'
}

/** The pattern as people read it. */
export function describePattern(pattern: TextPattern): string {
  return pattern.kind === 'exact' ? pattern.value : `^(?:${pattern.source})$`
}

/**
 * Refuses a pattern that cannot be compiled, before anything is verified with it.
 * @throws PatternError INVALID_PATTERN
 */
export function checkPattern(pattern: TextPattern): void {
  const fault = pattern.kind === 'regexp' ? patternFault(pattern.source) : undefined
  if (pattern.kind === 'regexp' && fault !== undefined)
    throw new PatternError('INVALID_PATTERN', 'the regular expression cannot be used', {
      on: pattern.source,
      expected: 'an RE2 expression',
      got: fault,
    })
}
