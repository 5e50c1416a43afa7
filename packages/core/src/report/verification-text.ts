import { redact } from '@assay/registry'
import { cosignSignPredicateType } from '../statement/statement.ts'
import {
  verificationDocument,
  type ContentDocument,
  type RefusedDocument,
  type SignatureDocument,
  type VerificationFacts,
} from './verification-document.ts'

/** A verification for people: who signed what, when, and how it is known; or why nothing counts. */
export function renderVerification(
  verification: VerificationFacts,
  options: { readonly color: boolean; /** What the reader calls it. */ readonly name?: string },
): string {
  const document = verificationDocument(verification)
  const mark = document.verified ? paint('32', 'VERIFIED', options) : paint('31', 'NOT VERIFIED', options)
  const lines = document.signatures.flatMap(signatureLines)
  if (!document.verified && document.refused.length === 0)
    lines.push('  nothing is attached to it: no signature, no attestation')
  // With a proof at hand, the others are a remark; without one they are the answer.
  lines.push(...document.refused.flatMap((refused) => refusalLines(refused, document.verified)))
  return `${[`${mark} ${redact(options.name ?? document.subject)}`, ...lines.map(redact)].join('\n')}\n`
}

function signatureLines(signature: SignatureDocument): readonly string[] {
  const { signer } = signature
  const who =
    signer.kind === 'certificate'
      ? [`  signed by   ${signer.subject}`, `    vouched   ${signer.issuer}`]
      : [`  signed by   key ${signer.keyId} (${signer.algorithm})`]
  return [
    ...who,
    `  content     ${describeContent(signature.content)}`,
    ...signature.times.map(
      ({ at, source, by }) =>
        `  at          ${at} (${source === 'transparency-log' ? 'log' : 'timestamp authority'} ${by})`,
    ),
    ...(signature.times.length === 0 ? ['  at          no verified time'] : []),
    ...signature.log.map(
      ({ log, index, proof }) => `  logged      ${log} entry ${index} (${proof.replaceAll('-', ' ')})`,
    ),
    ...(signature.repository === undefined ? [] : [`  source      ${signature.repository}`]),
    ...(signature.commit === undefined ? [] : [`  commit      ${signature.commit}`]),
    ...signature.weakened.map((weakening) => `  WEAKENED    ${weakening.replaceAll('-', ' ')}`),
  ]
}

function describeContent(content: ContentDocument): string {
  if (content.kind === 'blob') return 'signature of a file'
  if (content.kind === 'simple-signing') return 'image signature (cosign legacy)'
  if (content.predicateType === cosignSignPredicateType) return 'image signature'
  return ['attestation', content.alias, content.predicateType].filter(Boolean).join(' ')
}

function refusalLines(refused: RefusedDocument, verified: boolean): readonly string[] {
  const where =
    refused.source.digest === undefined
      ? refused.source.kind
      : `${refused.source.kind} ${refused.source.digest}`
  const head = `  ${verified ? 'not counted' : 'refused    '} ${where}`
  return [
    head,
    `    ${refused.step}: ${refused.message} [${refused.code}]`,
    ...(refused.expected === undefined ? [] : [`      expected ${refused.expected}`]),
    ...(refused.got === undefined ? [] : [`      got      ${refused.got}`]),
    ...(refused.hint === undefined ? [] : [`      hint     ${refused.hint}`]),
  ]
}

function paint(code: string, text: string, { color }: { readonly color: boolean }): string {
  return color ? `\u001b[${code}m${text}\u001b[0m` : text
}
