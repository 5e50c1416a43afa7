import type { SignedAttachment } from '@assay/core'
import { isJsonObject, parseStrictJson } from '@assay/registry'

/** A bundle as one line; nothing for what is none. */
export function bundleLine({ attachment }: SignedAttachment): string | undefined {
  return attachment.kind === 'bundle' ? oneLine(attachment.bytes) : undefined
}

/** A signature as one line: a bundle as it is, an older one as cosign prints it. */
export function signatureLine({ attachment }: SignedAttachment): string {
  if (attachment.kind === 'bundle') return oneLine(attachment.bytes)
  const annotations = attachment.layer.annotations ?? {}
  const bundle = annotations['dev.sigstore.cosign/bundle']
  const timestamp = annotations['dev.sigstore.cosign/rfc3161timestamp']
  return JSON.stringify({
    Base64Signature: annotations['dev.cosignproject.cosign/signature'] ?? '',
    Payload: Buffer.from(attachment.bytes).toString('base64'),
    Cert: annotations['dev.sigstore.cosign/certificate'] ?? null,
    Chain: annotations['dev.sigstore.cosign/chain'] ?? null,
    Bundle: bundle === undefined ? null : parse(bundle),
    RFC3161Timestamp: timestamp === undefined ? null : parse(timestamp),
  })
}

/** The DSSE envelope of an attestation as one line. */
export function envelopeLine({ attachment }: SignedAttachment): string | undefined {
  if (attachment.kind !== 'bundle') return oneLine(attachment.bytes)
  const document = parseStrictJson(attachment.bytes, { on: attachment.manifest.digest })
  const envelope = isJsonObject(document) ? document['dsseEnvelope'] : undefined
  return envelope === undefined ? undefined : JSON.stringify(envelope)
}

/** Byte for byte where it is a line already. */
function oneLine(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8').trim()
  return text.includes('\n') ? JSON.stringify(parse(text)) : text
}

function parse(text: string): unknown {
  return parseStrictJson(Buffer.from(text), { on: 'the attachment' })
}
