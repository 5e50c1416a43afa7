import { redact } from '@assay/registry'
import {
  auditDocument,
  type AuditedImage,
  type AuditedImageDocument,
  type AuditedSignature,
} from './audit-document.ts'
import { materialText, parametersText } from './provenance-facts.ts'
import { contentName } from './signature-lines.ts'

const columns = [
  'image',
  'digest',
  'platform',
  'status',
  'content',
  'signer',
  'issuer',
  'time',
  'source',
  'commit',
  'ref',
  'builder',
  'trigger',
  'code',
  'reason',
  'parameters',
  'materials',
] as const

type Row = Readonly<Partial<Record<(typeof columns)[number], string>>>

/** An audit as CSV (RFC 4180): a row for each signature, each refusal and each thing that is missing. */
export function auditCsv(images: readonly AuditedImage[]): string {
  const rows = auditDocument(images).images.flatMap(rowsOf)
  const lines = rows.map((row) => columns.map((column) => cell(row[column] ?? '')).join(','))
  return `${[columns.join(','), ...lines].join('\r\n')}\r\n`
}

function rowsOf(image: AuditedImageDocument): readonly Row[] {
  if ('error' in image)
    return [{ image: image.image, status: 'error', code: image.error.code, reason: image.error.message }]
  const about: Row = {
    image: image.image,
    digest: image.subject,
    ...(image.platform !== undefined && { platform: image.platform }),
  }
  return [
    ...image.signed.map((signature) => ({ ...about, status: 'signed', ...signatureRow(signature) })),
    ...image.missing.map((what) => ({ ...about, status: 'missing', content: what })),
    ...image.refused.map(({ code, message, expected, got }) => ({
      ...about,
      status: 'refused',
      code,
      reason: [message, expected && `expected ${expected}`, got && `got ${got}`].filter(Boolean).join('; '),
    })),
  ]
}

function signatureRow(signature: AuditedSignature): Row {
  const { signer, provenance, times, repository, commit, content } = signature
  const [first] = times.map(({ at }) => at).toSorted()
  const row: { readonly [Column in keyof Row]: Row[Column] | undefined } = {
    content: contentName(content),
    signer: signer.kind === 'certificate' ? signer.subject : `key ${signer.keyId}`,
    issuer: signer.kind === 'certificate' ? signer.issuer : undefined,
    time: first,
    source: repository ?? provenance?.source,
    commit: commit ?? provenance?.commit,
    ref: provenance?.ref,
    builder: provenance?.builder,
    trigger: provenance?.trigger,
    parameters: provenance === undefined ? undefined : parametersText(provenance),
    materials: provenance?.materials.map(materialText).join('; '),
  }
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined))
}

/** A spreadsheet takes a cell that begins like a formula for one: such a cell gets an apostrophe in front. */
function cell(text: string): string {
  const plain = redact(text)
  const safe = /^[=+\-@\t]/.test(plain) ? `'${plain}` : plain
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
