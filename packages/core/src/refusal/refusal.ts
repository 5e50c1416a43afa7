import { redact } from '@assay/registry'
import type { VerificationCode, VerificationError, VerificationStep } from './verification-error.ts'

/** A verification error as plain data, fit to print: what a report carries. */
export interface Refusal {
  readonly code: VerificationCode
  readonly step: VerificationStep
  readonly message: string
  readonly expected?: string
  readonly got?: string
  readonly hint?: string
}

const maxLength = 600

/** The printable form of a refusal: redacted and of bounded length. */
export function toRefusal(error: VerificationError): Refusal {
  const { expected, got, hint } = error
  return {
    code: error.code,
    step: error.step,
    message: printable(error.message),
    ...(expected !== undefined && { expected: printable(expected) }),
    ...(got !== undefined && { got: printable(got) }),
    ...(hint !== undefined && { hint: printable(hint) }),
  }
}

function printable(text: string): string {
  const clean = redact(text.slice(0, maxLength + 1))
  return clean.length > maxLength ? `${clean.slice(0, maxLength)}…` : clean
}
