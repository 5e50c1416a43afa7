import { redact } from '@assay/registry'
import { cosignSignPredicateType, predicateAlias, signatureDocument, type SignedImage } from '@assay/core'

/** The version of the JSON document that `sign` and `attest` print. */
const schema = 'assay.signed/v1'

/** What was signed and where it hangs, for people. It was verified before: the words come from the proof. */
export function signedText(image: string, signed: SignedImage): string {
  const { signer, times, logEntries } = signed.proof
  const what = signed.predicateType === cosignSignPredicateType ? 'SIGNED' : 'ATTESTED'
  const alias = predicateAlias(signed.predicateType)
  const lines = [
    `${what} ${image}`,
    ...(what === 'SIGNED'
      ? []
      : [`  type        ${alias === undefined ? '' : `${alias} `}${signed.predicateType}`]),
    signer.kind === 'key'
      ? `  with key    ${signer.keyId}`
      : `  as          ${signer.identity.subject} (${signer.identity.issuer})`,
    ...times.map(({ at, by }) => `  at          ${at.toISOString()} (${by})`),
    ...logEntries.map(({ log, logIndex }) => `  logged      ${log} entry ${logIndex}`),
    ...(logEntries.length === 0 ? ['  logged      nowhere: verifiers need --insecure-ignore-tlog'] : []),
    `  attached as ${signed.manifest.digest}`,
  ]
  return `${lines.map(redact).join('\n')}\n`
}

/** The same for machines. */
export function signedDocument(image: string, signed: SignedImage): string {
  const document = {
    schema,
    ok: true,
    image,
    subject: signed.subject.digest,
    predicateType: signed.predicateType,
    referrer: signed.manifest.digest,
    bundle: signed.bundle.digest,
    signature: signatureDocument(signed.proof),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
