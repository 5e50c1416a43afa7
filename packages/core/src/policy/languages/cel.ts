import { celEnv, isCelError, parse, plan } from '@bufbuild/cel'
import type { CelInput } from '@bufbuild/cel'
import type { LanguageAnswer } from './language-runtime.ts'

/** The longest expression that is parsed, in characters. */
export const maxCelLength: number = 16 * 1024

/**
 * Evaluates a CEL expression over the fields of a JSON object, each a variable. True is yes; false is no, and so
 * is a field that the input lacks. What is no boolean expression at all is undecided.
 * Whole numbers are CEL's int, as in Kubernetes. The caller bounds the time.
 */
export function evaluateCel(text: string, input: unknown): LanguageAnswer {
  if (text.length > maxCelLength) return invalid(`the expression is longer than ${maxCelLength} characters`)
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return invalid('the input is no JSON object')
  const planned = planOf(text)
  if (typeof planned === 'string') return invalid(`it is no CEL expression: ${planned}`)
  const result = planned(
    Object.fromEntries(Object.entries(input).map(([name, value]) => [name, toCel(value)])),
  )
  if (isCelError(result)) {
    const message = oneLine(result.message)
    if (message.startsWith('unbound function')) return invalid(`it uses what CEL does not have: ${message}`)
    return { status: 'false', message: `the CEL expression has no value: ${message}` }
  }
  if (result === true) return { status: 'true' }
  if (result === false) return { status: 'false', message: 'the CEL expression is false' }
  return invalid('it is no CEL expression of the type bool')
}

type Planned = (variables: Readonly<Record<string, CelInput>>) => ReturnType<ReturnType<typeof plan>>

function planOf(text: string): Planned | string {
  try {
    return plan(celEnv(), parse(text))
  } catch (error) {
    // The parser throws plain errors of its own; whatever it dislikes, this is no expression.
    return error instanceof Error ? oneLine(error.message) : 'unreadable'
  }
}

function toCel(value: unknown): CelInput {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(toCel)
  if (typeof value === 'object' && value !== null) {
    return new Map(Object.entries(value).map(([name, item]) => [name, toCel(item)]))
  }
  return typeof value === 'string' || typeof value === 'boolean' ? value : null
}

function invalid(message: string): LanguageAnswer {
  return { status: 'undecided', code: 'PROGRAM_UNDECIDED', message: `the program cannot be run: ${message}` }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 300)
}
