import type { VerificationStep } from '../refusal/verification-error.ts'
import { readProvenance, type Provenance } from '../statement/slsa-provenance.ts'
import type { Refusal } from '../refusal/refusal.ts'
import type { Proof, ProofSource } from '../verify/proof.ts'
import { shortMaterials, shortParameters } from './provenance-facts.ts'
import { branch, facts, type Branch } from './branch.ts'
import { refusedDocument, signatureDocument, type SignatureDocument } from './verification-document.ts'

/** What is explained; `AttachmentVerdict` fits. */
type VerdictFacts =
  | { readonly status: 'verified'; readonly proof: Proof }
  | { readonly status: 'refused'; readonly source: ProofSource; readonly refusal: Refusal }

/**
 * A verdict as a tree. A proof has passed every step, so each step says what was found; a refusal says where it
 * failed and claims nothing about any other step.
 */
export function explainVerdict(verdict: VerdictFacts): Branch {
  return verdict.status === 'verified' ? explainProof(verdict.proof) : explainRefusal(verdict)
}

function explainRefusal(verdict: Extract<VerdictFacts, { readonly status: 'refused' }>): Branch {
  const { source, step: failed, code, message, expected, got, hint } = refusedDocument(verdict)
  return branch(`REFUSED  ${source.kind} ${source.digest ?? ''}`.trimEnd(), [
    branch(`${failed}: ${message} [${code}]`, [
      ...facts({ expected, got, hint }),
      branch('nothing of it counts; what the other steps would have found is not said'),
    ]),
  ])
}

function explainProof(proof: Proof): Branch {
  const document = signatureDocument(proof)
  return branch(`HOLDS  ${document.source.kind} ${document.source.digest ?? ''}`.trimEnd(), [
    step('statement', contentFacts(proof, document)),
    step('subject', [branch(`it is about ${proof.subject}`)]),
    step('key', keyFacts(document)),
    step('transparency-log', logFacts(document)),
    ...(document.log.length === 0
      ? []
      : [step('log-entry', [branch('each entry names this signature, this key and these bytes')])]),
    step('timestamp', timeFacts(document)),
    ...certificateSteps(document),
    step('signature', [branch('it holds, by that key, over these bytes')]),
  ])
}

function contentFacts({ content }: Proof, document: SignatureDocument): readonly Branch[] {
  if (content.kind === 'blob') return [branch('a signature over the bytes of a file')]
  if (content.kind === 'simple-signing') {
    const { dockerReference, annotations } = content.payload
    return [
      branch('an image signature in the older form of cosign'),
      ...facts({ 'names the repository': dockerReference }),
      ...annotationFacts(annotations),
    ]
  }
  const { predicateType } = content.statement
  const annotations = document.content.kind === 'statement' ? document.content.annotations : {}
  const provenance = readProvenance(content.statement)
  return [
    branch(`a statement of the type ${predicateType}`),
    ...annotationFacts(annotations),
    ...(provenance === undefined ? [] : [branch('the builder says', provenanceFacts(provenance))]),
  ]
}

function provenanceFacts(provenance: Provenance): readonly Branch[] {
  const { version: _version, materials, parameters: _parameters, ...said } = provenance
  return [
    ...facts({ ...said, parameters: shortParameters(provenance) }),
    branch(
      `${materials.length} materials`,
      shortMaterials(provenance).map((text) => branch(text)),
    ),
  ]
}

function annotationFacts(annotations: Readonly<Record<string, unknown>>): readonly Branch[] {
  return Object.entries(annotations).map(([name, value]) =>
    branch(`annotation ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`),
  )
}

function keyFacts({ signer }: SignatureDocument): readonly Branch[] {
  if (signer.kind === 'key') return [branch(`the trusted key ${signer.keyId} (${signer.algorithm})`)]
  return [
    branch(`a certificate for ${signer.subject}`, [
      ...facts({ issuer: signer.issuer, serial: signer.serialNumber, algorithm: signer.algorithm }),
      ...facts(signer.extensions),
    ]),
  ]
}

function logFacts({ log, weakened }: SignatureDocument): readonly Branch[] {
  const ignored = weakened.includes('transparency-log-ignored')
  return [
    ...log.map(({ log: url, index, kind, proof }) =>
      branch(`${url} holds it as entry ${index}`, facts({ kind, 'proven by': proof.replaceAll('-', ' ') })),
    ),
    ...(ignored ? [branch('WEAKENED: an entry was not demanded')] : []),
  ]
}

function timeFacts({ times }: SignatureDocument): readonly Branch[] {
  if (times.length === 0) return [branch('nobody vouches for the time, which a bare key does not need')]
  return times.map(({ at, by }) => branch(`${at}, by ${by}`))
}

function certificateSteps({ signer, weakened }: SignatureDocument): readonly Branch[] {
  if (signer.kind === 'key') return []
  return [
    step('certificate', [
      branch('a trusted authority issued it, and the whole chain was valid at each of these times', [
        ...facts({ 'valid from': signer.notBefore, until: signer.notAfter }),
      ]),
    ]),
    step('sct', [
      branch(
        weakened.includes('sct-ignored')
          ? 'WEAKENED: a promise of a certificate log was not demanded'
          : 'a trusted certificate log promised to publish it',
      ),
    ]),
  ]
}

function step(name: VerificationStep, branches: readonly Branch[]): Branch {
  return branch(name, branches)
}
