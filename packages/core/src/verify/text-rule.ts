import { RE2JS, RE2JSException } from 're2js'

/** How a text has to look: exactly so, or matching an RE2 expression. */
export type TextRule =
  | { readonly kind: 'exact'; readonly value: string }
  /** `anchored` is ^(?:…)$; without it the expression may match anywhere, as policy-controller reads it. */
  | { readonly kind: 'regexp'; readonly source: string; readonly anchored: boolean }

export type TextMatch =
  | { readonly status: 'matches' }
  /** `unanchored` says that the expression would have matched somewhere inside the text. */
  | { readonly status: 'differs'; readonly unanchored: boolean }

const maxPatternLength = 4096
const compiled = new WeakMap<TextRule, RE2JS>()

/** Why an expression is not RE2, or undefined where it is. Go's syntax; JavaScript's own extensions are refused. */
export function patternFault(source: string): string | undefined {
  if (source.length > maxPatternLength) return `longer than ${maxPatternLength} characters`
  try {
    RE2JS.compile(source)
    return undefined
  } catch (error) {
    if (error instanceof RE2JSException) return error.message
    throw error
  }
}

/** Compares in time linear in the text, whatever the expression. */
export function matchText(rule: TextRule, text: string): TextMatch {
  if (rule.kind === 'exact')
    return rule.value === text ? { status: 'matches' } : { status: 'differs', unanchored: false }
  const expression = compiled.get(rule) ?? RE2JS.compile(rule.source)
  compiled.set(rule, expression)
  const found = expression.matcher(text).find()
  if (!rule.anchored) return found ? { status: 'matches' } : { status: 'differs', unanchored: false }
  return expression.matches(text) ? { status: 'matches' } : { status: 'differs', unanchored: found }
}

/** The rule in words: `= value` or `~ expression`. */
export function describeText(rule: TextRule): string {
  if (rule.kind === 'exact') return rule.value
  return rule.anchored ? `^(?:${rule.source})$` : `/${rule.source}/ anywhere`
}

/** Whether an expression is written with an anchor at both ends. A false "no" costs a warning, nothing else. */
export function looksAnchored(source: string): boolean {
  const bare = source.replace(/^\(\?[a-zA-Z]+\)/, '')
  return (bare.startsWith('^') || bare.startsWith('\\A')) && (/(?<!\\)\$$/.test(bare) || bare.endsWith('\\z'))
}
