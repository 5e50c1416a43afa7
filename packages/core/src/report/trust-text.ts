import { redact } from '@assay/registry'
import type { TrustRoot } from '../trust/trust-root.ts'
import { trustDocument, type AuthorityDocument, type TrustDocument } from './trust-document.ts'

/** What is trusted, for people. */
export function renderTrust(root: TrustRoot, now: Date): string {
  const document = trustDocument(root, now)
  const lines = [
    originLine(document.origin),
    ...section('certificate authorities', document.certificateAuthorities),
    ...section('transparency logs', document.transparencyLogs),
    ...section('certificate logs', document.certificateLogs),
    ...section('timestamp authorities', document.timestampAuthorities),
    ...document.unsupported.map((name) => `not usable: ${name} has a key of an unknown kind`),
  ]
  return `${lines.map(redact).join('\n')}\n`
}

function originLine(origin: TrustDocument['origin']): string {
  if (origin.kind === 'embedded')
    return `the root embedded in this tool, as of ${origin.asOf}, ${origin.days} days old`
  if (origin.kind === 'tuf') return `the current root of ${origin.mirror}`
  return 'the root of the given file'
}

function section(title: string, authorities: readonly AuthorityDocument[]): readonly string[] {
  const lines = authorities.map(({ name, from, until, state, ids }) => {
    const window = `${from.slice(0, 10)} to ${until?.slice(0, 10) ?? 'further notice'}`
    return `  ${state.padEnd(8)} ${window.padEnd(28)} ${name}  ${ids[0]?.slice(0, 16) ?? ''}`
  })
  return [title, ...(lines.length === 0 ? ['  none'] : lines)]
}
