import { field, listOf, optional, textOf, type JsonNode } from '../json/json-node.ts'
import { readRecord } from '../json/record.ts'
import type {
  ToldDecision,
  ToldEvidence,
  ToldOutcome,
  ToldPolicy,
  ToldReason,
  ToldSigner,
} from './decision-tree.ts'

/** The largest record of decisions that is read, in bytes. */
export const maxDecisionRecord: number = 64 * 1024 * 1024

const maxItems = 100_000
const maxDepth = 32

/** What a gate wrote down: its answer then. Nothing of it is checked again, so it proves nothing. */
export interface DecisionRecord {
  readonly verdict: ToldDecision['verdict']
  readonly decisions: readonly ToldDecision[]
}

/**
 * Reads what `assay gate --output json` printed (schema `assay.gate/v1`). Fields that a later version added are
 * passed over.
 * @throws RecordError MALFORMED_RECORD
 */
export function readGateDocument(bytes: Uint8Array, on: string): DecisionRecord {
  const hint = 'give what assay gate --output json printed'
  const root = readRecord(bytes, { on, what: "record of the gate's decisions", hint })
  const schema = textOf(field(root, 'schema'))
  if (schema !== 'assay.gate/v1') throw root.refuse(`its schema is ${JSON.stringify(schema.slice(0, 80))}`)
  const decisions = listOf(field(root, 'decisions'), maxItems).map(decisionOf)
  if (decisions.length === 0) throw root.refuse('it holds no decision')
  return { verdict: wordOf(field(root, 'verdict'), verdicts), decisions }
}

const verdicts = ['allow', 'deny', 'undecided'] as const
const statuses = ['met', 'unmet', 'undecided'] as const

function decisionOf(node: JsonNode): ToldDecision {
  return {
    verdict: wordOf(field(node, 'verdict'), verdicts),
    image: textOf(field(node, 'image')),
    digest: optional(field(node, 'digest'), textOf) ?? null,
    policies: listOf(field(node, 'policies'), maxItems).map(policyOf),
    because: reasonsOf(node, 'because'),
    warnings: reasonsOf(node, 'warnings'),
  }
}

function policyOf(node: JsonNode): ToldPolicy {
  const [at, mode, effect] = ['at', 'mode', 'effect'].map((name) => textOf(field(node, name)))
  return { ...outcomeOf(node, 0), at: at ?? '', mode: mode ?? '', effect: effect ?? '' }
}

function outcomeOf(node: JsonNode, depth: number): ToldOutcome {
  if (depth > maxDepth) throw node.refuse(`${node.path} is nested deeper than ${maxDepth} levels`)
  return {
    status: wordOf(field(node, 'status'), statuses),
    kind: textOf(field(node, 'kind')),
    name: textOf(field(node, 'name')),
    because: reasonsOf(node, 'because'),
    by: listOf(field(node, 'by'), maxItems).map(evidenceOf),
    parts: listOf(field(node, 'parts'), maxItems).map((part) => outcomeOf(part, depth + 1)),
  }
}

function reasonsOf(node: JsonNode, name: string): readonly ToldReason[] {
  return listOf(field(node, name), maxItems).map((reason) => ({
    code: textOf(field(reason, 'code')),
    step: textOf(field(reason, 'step')),
    message: textOf(field(reason, 'message')),
    ...texts(reason, ['on', 'expected', 'got', 'hint']),
  }))
}

function evidenceOf(node: JsonNode): ToldEvidence {
  const signer = optional(field(node, 'signer'), signerOf)
  const times = listOf(field(node, 'times'), maxItems).map((time) => ({
    at: textOf(field(time, 'at')),
    by: textOf(field(time, 'by')),
  }))
  return {
    kind: textOf(field(node, 'kind')),
    ...(signer !== undefined && { signer }),
    times,
    weakened: listOf(field(node, 'weakened'), maxItems).map(textOf),
    evidence: listOf(field(node, 'evidence'), maxItems).map(textOf),
    ...texts(node, ['distroless', 'action', 'digest', 'language', 'remark']),
  }
}

function signerOf(node: JsonNode): ToldSigner {
  const kind = wordOf(field(node, 'kind'), ['key', 'certificate'])
  if (kind === 'key') return { kind, keyId: textOf(field(node, 'keyId')) }
  return { kind, subject: textOf(field(node, 'subject')), issuer: textOf(field(node, 'issuer')) }
}

function texts<Name extends string>(
  node: JsonNode,
  names: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const found: Partial<Record<Name, string>> = {}
  for (const name of names) {
    const text = optional(field(node, name), textOf)
    if (text !== undefined) found[name] = text
  }
  return found
}

function wordOf<const Word extends string>(node: JsonNode, words: readonly Word[]): Word {
  const text = textOf(node)
  const word = words.find((known) => known === text)
  if (word !== undefined) return word
  throw node.refuse(`${node.path} is ${JSON.stringify(text.slice(0, 80))}, expected ${words.join(' or ')}`)
}
