import {
  base64Of,
  countOf,
  field,
  filledBase64Of,
  isMissing,
  listOf,
  onlyFields,
  optional,
  textOf,
  type JsonNode,
} from '../json/json-node.ts'
import type { InclusionProof, LogEntry } from './signed-bundle.ts'

/** A tree of 2^63 leaves has proofs of 63 hashes. */
const maxHashes = 64
const hashLength = 32

/** Reads a TransparencyLogEntry (sigstore/protobuf-specs sigstore_rekor.proto). */
export function readLogEntry(node: JsonNode): LogEntry {
  onlyFields(node, [
    'logIndex',
    'logId',
    'kindVersion',
    'integratedTime',
    'inclusionPromise',
    'inclusionProof',
    'canonicalizedBody',
  ])
  const logId = field(node, 'logId')
  onlyFields(logId, ['keyId'])
  const kindVersion = field(node, 'kindVersion')
  onlyFields(kindVersion, ['kind', 'version'])
  const promise = field(node, 'inclusionPromise')
  if (!isMissing(promise)) onlyFields(promise, ['signedEntryTimestamp'])
  const signedEntryTimestamp = isMissing(promise)
    ? undefined
    : filledBase64Of(field(promise, 'signedEntryTimestamp'))
  const proof = optional(field(node, 'inclusionProof'), readInclusionProof)
  return {
    // Protobuf's JSON leaves out fields of value zero.
    logIndex: optional(field(node, 'logIndex'), countOf) ?? 0n,
    logId: filledBase64Of(field(logId, 'keyId')),
    kind: textOf(field(kindVersion, 'kind')),
    version: textOf(field(kindVersion, 'version')),
    integratedTime: optional(field(node, 'integratedTime'), countOf) ?? 0n,
    ...(signedEntryTimestamp !== undefined && { promise: signedEntryTimestamp }),
    ...(proof !== undefined && { proof }),
    body: filledBase64Of(field(node, 'canonicalizedBody')),
  }
}

function readInclusionProof(node: JsonNode): InclusionProof {
  onlyFields(node, ['logIndex', 'rootHash', 'treeSize', 'hashes', 'checkpoint'])
  const checkpointNode = field(node, 'checkpoint')
  if (!isMissing(checkpointNode)) onlyFields(checkpointNode, ['envelope'])
  const checkpoint = isMissing(checkpointNode) ? undefined : textOf(field(checkpointNode, 'envelope'))
  return {
    logIndex: optional(field(node, 'logIndex'), countOf) ?? 0n,
    treeSize: countOf(field(node, 'treeSize')),
    rootHash: hashOf(field(node, 'rootHash')),
    hashes: listOf(field(node, 'hashes'), maxHashes).map(hashOf),
    ...(checkpoint !== undefined && { checkpoint }),
  }
}

function hashOf(node: JsonNode): Uint8Array {
  const hash = base64Of(node)
  if (hash.byteLength !== hashLength) throw node.refuse(`${node.path} is not ${hashLength} bytes long`)
  return hash
}
