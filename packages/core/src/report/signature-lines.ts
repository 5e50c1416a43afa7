import { cosignSignPredicateType } from '../statement/statement.ts'
import type { ContentDocument, SignatureDocument } from './verification-document.ts'

/** Who signed, when, and how it is known: one fact a line. */
export function signerLines(signature: SignatureDocument): readonly string[] {
  const { signer } = signature
  return [
    ...(signer.kind === 'certificate'
      ? [`  signed by   ${signer.subject}`, `    vouched   ${signer.issuer}`]
      : [`  signed by   key ${signer.keyId} (${signer.algorithm})`]),
    `  content     ${contentName(signature.content)}`,
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

/** What was signed, in a few words. */
export function contentName(content: ContentDocument): string {
  if (content.kind === 'blob') return 'signature of a file'
  if (content.kind === 'simple-signing') return 'image signature (cosign legacy)'
  if (content.predicateType === cosignSignPredicateType) return 'image signature'
  return ['attestation', content.alias, content.predicateType].filter(Boolean).join(' ')
}
