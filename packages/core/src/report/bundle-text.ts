import { redact } from '@assay/registry'
import type { BundleDocument, BundleLogDocument, BundleSignerDocument } from './bundle-document.ts'

const maxSubjects = 20

/** What a bundle says, for people. */
export function renderBundle(document: BundleDocument): string {
  const lines = [
    `BUNDLE ${document.format} (claims; nothing is verified here)`,
    ...contentLines(document.content),
    ...signerLines(document.signer),
    ...document.log.flatMap(logLines),
    ...(document.log.length === 0 ? ['  logged      nowhere'] : []),
    ...document.timestamps.map(({ at, hash }) => `  timestamp   ${at} (over ${hash})`),
  ]
  return `${lines.map(redact).join('\n')}\n`
}

function contentLines(content: BundleDocument['content']): readonly string[] {
  if (content.kind === 'message')
    return [`  content     signature of ${content.digest ?? 'a file without a digest'}`]
  const { predicateType, alias, subjects, payloadSize } = content
  const shown = subjects.slice(0, maxSubjects).map(({ name, digest }) => {
    const digests = Object.entries(digest).map(([algorithm, value]) => `${algorithm}:${value}`)
    return `  about       ${digests.join(' ')}${name === undefined || name === '' ? '' : ` ${name}`}`
  })
  return [
    `  content     statement ${alias === undefined ? '' : `${alias} `}${predicateType} (${payloadSize} bytes)`,
    ...shown,
    ...(subjects.length > shown.length ? [`  about       ${subjects.length - shown.length} more`] : []),
  ]
}

function signerLines(signer: BundleSignerDocument): readonly string[] {
  if (signer.kind === 'key') return [`  key         ${signer.keyId === '' ? 'not named' : signer.keyId}`]
  return [
    `  certificate ${signer.subject}`,
    `    issuer    ${signer.issuer}`,
    `    valid     ${signer.notBefore} to ${signer.notAfter}`,
    `    key       ${signer.algorithm} ${signer.keyId}`,
    ...Object.entries(signer.extensions)
      .filter(([name]) => name !== 'issuer' && name !== 'issuerV2')
      .map(([name, value]) => `    ${name} ${value}`),
  ]
}

function logLines(entry: BundleLogDocument): readonly string[] {
  const proofs = [
    ...(entry.promise ? ['promise'] : []),
    ...(entry.proof === undefined ? [] : [`proof in a tree of ${entry.proof.treeSize}`]),
  ]
  return [
    `  logged      entry ${entry.index} ${entry.kind}${entry.at === undefined ? '' : ` at ${entry.at}`}`,
    `    log       ${entry.proof?.checkpoint ?? ''} ${entry.logId.slice(0, 16)}`,
    `    with      ${proofs.join(', ') || 'nothing that proves it'}`,
  ]
}
