import { isDigest, type Digest } from '@assay/registry'
import { field, isMissing, noCaseTwins, objectOf, textOf } from '../json/json-node.ts'
import { readDocument } from '../json/read-document.ts'
import { VerificationError } from '../refusal/verification-error.ts'

/** Cosign's legacy signature payload. */
export interface SimpleSigning {
  readonly dockerReference: string
  readonly manifestDigest: Digest
  readonly annotations: Readonly<Record<string, unknown>>
}

/** What cosign's legacy payload says that it is; anything else is somebody else's document. */
const signatureType = 'cosign container image signature'

/**
 * Reads cosign's legacy payload (cosign specs/SIGNATURE_SPEC.md): the image digest and the annotations that were
 * signed. The repository in it is where the signer found the image; images move, so it decides nothing.
 * @throws VerificationError MALFORMED_STATEMENT
 */
export function parseSimpleSigning(payload: Uint8Array): SimpleSigning {
  const document = readDocument(payload, { on: 'signature payload', refuse: malformed })
  noCaseTwins(document, ['critical', 'optional'])
  const critical = field(document, 'critical')
  noCaseTwins(critical, ['identity', 'image', 'type'])
  const type = textOf(field(critical, 'type'))
  if (type !== signatureType) throw malformed(`critical.type is ${JSON.stringify(type.slice(0, 100))}`)
  const image = field(critical, 'image')
  noCaseTwins(image, ['docker-manifest-digest'])
  const manifestDigest = textOf(field(image, 'docker-manifest-digest'))
  if (!isDigest(manifestDigest)) throw malformed('critical.image.docker-manifest-digest is not a digest')
  const identity = field(critical, 'identity')
  const annotations = field(document, 'optional')
  return {
    dockerReference: textOf(field(identity, 'docker-reference')),
    manifestDigest,
    annotations: isMissing(annotations) ? {} : objectOf(annotations),
  }
}

function malformed(got: string, cause?: Error): VerificationError {
  return new VerificationError('MALFORMED_STATEMENT', 'the payload is not a cosign image signature', {
    step: 'statement',
    got,
    cause,
  })
}
