import { CodedError, redact } from '@assay/registry'
import { CommanderError } from 'commander'
import { jsonText } from './json-text.ts'

/** The version of the JSON document that stands for a failure. */
const errorSchema = 'assay.error/v1'

const longest = 2000

/** One failure for people: one clear line, then expected, got and hint where they are known. */
export function errorText(error: unknown): string {
  if (!(error instanceof CodedError)) return `error: ${messageOf(error)}\n`
  const lines = [
    `error: ${printable(error.message)}${error.on === undefined ? '' : `: ${printable(error.on)}`} [${error.code}]`,
  ]
  if (error.expected !== undefined) lines.push(`  expected: ${printable(error.expected)}`)
  if (error.got !== undefined) lines.push(`  got:      ${printable(error.got)}`)
  const cause = causeText(error)
  if (cause !== undefined) lines.push(`  because:  ${printable(cause)}`)
  if (error.hint !== undefined) lines.push(`  hint:     ${error.hint}`)
  return `${lines.join('\n')}\n`
}

/** The same failure as a JSON document with `ok: false`, for `--output json`. */
export function errorJson(error: unknown): string {
  return jsonText({ schema: errorSchema, ok: false, error: errorValue(error) })
}

/** A failure as plain data, as it stands in JSON documents. */
export interface ErrorValue {
  readonly code: string
  readonly message: string
  readonly on?: string
  readonly expected?: string
  readonly got?: string
  readonly hint?: string
}

export function errorValue(error: unknown): ErrorValue {
  if (!(error instanceof CodedError)) {
    return { code: error instanceof CommanderError ? 'USAGE' : 'INTERNAL', message: messageOf(error) }
  }
  const { code, message, on, expected, got, hint } = error
  return {
    code,
    message: redact(message),
    ...(on !== undefined && { on: redact(on) }),
    ...(expected !== undefined && { expected: redact(expected) }),
    ...(got !== undefined && { got: redact(got) }),
    ...(hint !== undefined && { hint }),
  }
}

function causeText(error: CodedError): string | undefined {
  const { cause } = error
  if (!(cause instanceof Error)) return undefined
  // What `got` says already is not said twice.
  const known = [error.message, error.got].some(
    (text) => text !== undefined && cause.message.startsWith(text),
  )
  return known ? undefined : cause.message
}

function messageOf(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error))
}

/** Text from outside, safe for a terminal and not endless. */
function printable(text: string): string {
  return redact(text.length > longest ? `${text.slice(0, longest)}…` : text)
}
