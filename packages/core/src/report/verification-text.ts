import { redact } from '@assay/registry'
import { signerLines } from './signature-lines.ts'
import {
  verificationDocument,
  type RefusedDocument,
  type VerificationFacts,
} from './verification-document.ts'

/** A verification for people: who signed what, when, and how it is known; or why nothing counts. */
export function renderVerification(
  verification: VerificationFacts,
  options: { readonly color: boolean; /** What the reader calls it. */ readonly name?: string },
): string {
  const document = verificationDocument(verification)
  const mark = document.verified ? paint('32', 'VERIFIED', options) : paint('31', 'NOT VERIFIED', options)
  const lines = document.signatures.flatMap(signerLines)
  if (!document.verified && document.refused.length === 0)
    lines.push('  nothing is attached to it: no signature, no attestation')
  // With a proof at hand, the others are a remark; without one they are the answer.
  lines.push(...document.refused.flatMap((refused) => refusalLines(refused, document.verified)))
  return `${[`${mark} ${redact(options.name ?? document.subject)}`, ...lines.map(redact)].join('\n')}\n`
}

function refusalLines(refused: RefusedDocument, verified: boolean): readonly string[] {
  const where =
    refused.source.digest === undefined
      ? refused.source.kind
      : `${refused.source.kind} ${refused.source.digest}`
  if (verified) return [`  not counted ${where}: ${refused.message} [${refused.code}]`]
  return [
    `  refused     ${where}`,
    `    ${refused.step}: ${refused.message} [${refused.code}]`,
    ...(refused.expected === undefined ? [] : [`      expected ${refused.expected}`]),
    ...(refused.got === undefined ? [] : [`      got      ${refused.got}`]),
    ...(refused.hint === undefined ? [] : [`      hint     ${refused.hint}`]),
  ]
}

function paint(code: string, text: string, { color }: { readonly color: boolean }): string {
  return color ? `\u001b[${code}m${text}\u001b[0m` : text
}
