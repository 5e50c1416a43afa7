import { createHash } from 'node:crypto'
import type { Call } from '@assay/registry'
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
import { callService, misbehaved, type Service, type ServiceAccess } from '../services/service-call.ts'
import type { Signature } from '../signers/signer.ts'
import type { Signed, Witness } from './witness.ts'

const entriesPath = '/api/v1/log/entries'
const maxHashes = 64

/** Rekor v1 (sigstore/rekor openapi.yaml): `dsse` entries for envelopes, `hashedrekord` for files. */
export function rekorV1Witness(options: ServiceAccess & { readonly url: string }): Witness {
  const service: Service = { name: 'Rekor', url: options.url }
  return {
    kind: 'log-entry',
    hashOnly: ['file'],
    promises: true,
    service,
    testify: async (signed, call) => {
      const answer = await callService(
        options,
        {
          service,
          method: 'POST',
          path: entriesPath,
          headers: { 'content-type': 'application/json', accept: 'application/json' },
          body: Buffer.from(JSON.stringify(proposedEntry(signed))),
          accept: [201, 409],
        },
        call,
      )
      const body =
        answer.status === 409 ? await existingEntry(options, answer.headers['location'], call) : answer.body
      return { kind: 'log-entry', entry: readEntry(service, body) }
    },
  }
}

/** The log holds the entry already: it is fetched from the same log, whatever host the answer points to. */
async function existingEntry(
  options: ServiceAccess & { readonly url: string },
  location: string | undefined,
  call?: Call,
): Promise<Uint8Array> {
  const service: Service = { name: 'Rekor', url: options.url }
  const id = /\/api\/v1\/log\/entries\/([0-9a-f]{64,80})$/.exec(location ?? '')?.[1]
  if (id === undefined) throw misbehaved(service, 'the entry exists, and the answer does not say where')
  const path = `${entriesPath}/${id}`
  const headers = { accept: 'application/json' }
  return (await callService(options, { service, method: 'GET', path, headers, accept: [200] }, call)).body
}

function proposedEntry(signed: Signed): unknown {
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

/** An answer is an object with the entry under its id. */
function readEntry(service: Service, body: Uint8Array): LogEntry {
  const answer = answerNode(service, body)
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
