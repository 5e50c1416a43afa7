import { createHash } from 'node:crypto'
import { printEnvelope } from '../../bundle/print-envelope.ts'
import type { LogEntry } from '../../bundle/signed-bundle.ts'
import {
  countOf,
  field,
  filledBase64Of,
  hexOf,
  listOf,
  objectOf,
  textOf,
  type JsonNode,
} from '../../json/json-node.ts'
import { publicKeyPem } from '../keys/private-key.ts'
import { answerNode } from '../services/service-answer.ts'
import { misbehaved, type Service } from '../services/service-call.ts'
import type { Signature } from '../signers/signer.ts'
import type { Signed } from './witness.ts'

const maxHashes = 64

/** What is sent to the log (sigstore/rekor openapi.yaml): `dsse` for envelopes, `hashedrekord` for everything else. */
export function proposedEntry(signed: Signed): unknown {
  const verifier = Buffer.from(verifierPem(signed.signature)).toString('base64')
  if (signed.envelope !== undefined) {
    const envelope = printEnvelope({ ...signed.envelope, signature: signed.signature.value })
    const proposedContent = { envelope: Buffer.from(envelope).toString(), verifiers: [verifier] }
    return { apiVersion: '0.0.1', kind: 'dsse', spec: { proposedContent } }
  }
  const { hash: algorithm, value: content } = signed.signature
  const value = createHash(algorithm).update(signed.message).digest('hex')
  const signature = {
    content: Buffer.from(content).toString('base64'),
    publicKey: { content: verifier },
  }
  return {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: { data: { hash: { algorithm, value } }, signature },
  }
}

function verifierPem(signature: Signature): string {
  if (signature.certificate === undefined) return publicKeyPem(signature.publicKey)
  const lines =
    Buffer.from(signature.certificate)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/**
 * Reads an answer of the log: an object with the entry under its id.
 * @throws SigningError SERVICE_MISBEHAVED
 */
export function readEntry(service: Service, answer: JsonNode): LogEntry {
  const [id, ...others] = Object.keys(objectOf(answer))
  if (id === undefined || others.length > 0) throw misbehaved(service, 'there is not exactly one entry')
  const entry = field(answer, id)
  const verification = field(entry, 'verification')
  const canonical = filledBase64Of(field(entry, 'body'))
  const { kind, version } = kindOf(service, canonical)
  return {
    logIndex: countOf(field(entry, 'logIndex')),
    logId: hexOf(field(entry, 'logID')),
    kind,
    version,
    integratedTime: countOf(field(entry, 'integratedTime')),
    promise: filledBase64Of(field(verification, 'signedEntryTimestamp')),
    proof: readProof(field(verification, 'inclusionProof')),
    body: canonical,
  }
}

function readProof(proof: JsonNode): NonNullable<LogEntry['proof']> {
  return {
    logIndex: countOf(field(proof, 'logIndex')),
    treeSize: countOf(field(proof, 'treeSize')),
    rootHash: hexOf(field(proof, 'rootHash')),
    hashes: listOf(field(proof, 'hashes'), maxHashes).map(hexOf),
    checkpoint: textOf(field(proof, 'checkpoint')),
  }
}

function kindOf(
  service: Service,
  canonical: Uint8Array,
): { readonly kind: string; readonly version: string } {
  const body = answerNode(service, canonical)
  return { kind: textOf(field(body, 'kind')), version: textOf(field(body, 'apiVersion')) }
}
