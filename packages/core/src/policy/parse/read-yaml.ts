import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml'
import type { Alias, Document, Node, YAMLMap } from 'yaml'
import type { PolicyProblem, Position, ProblemCode } from '../problem.ts'
import type { Located, LocatedEntry, Span } from './located.ts'

/** The largest policy file, in UTF-16 units; a cluster cannot store more than 1 MiB either. */
const maxPolicyFileLength: number = 1024 * 1024
/** Nodes of one file after its aliases are resolved: an alias bomb ends here. */
const maxNodes = 50_000
const maxDepth = 64
/** Schemas of custom resources nest deeper than policies do. */
const maxLenientDepth = 256
const maxDocuments = 1000

const policyLimits = { maxLength: maxPolicyFileLength, maxNodes, lenient: false } as const

/** How a file is read that is no policy: manifests are larger, and use more of YAML. */
export interface YamlOptions {
  readonly maxLength?: number
  readonly maxNodes?: number
  /** Merge keys (`<<`) are resolved, and keys may be numbers: what compose files and manifests do. */
  readonly lenient?: boolean
}

export interface YamlReading {
  /** Every document that could be read; empty documents are left out. */
  readonly documents: readonly Located[]
  readonly problems: readonly PolicyProblem[]
}

/**
 * Reads the documents of a YAML file with the position of every value. YAML errors, duplicate keys, keys that are
 * not strings, merge keys, tags, alias bombs and files beyond the limits are problems; nothing is thrown.
 */
export function readYaml(text: string, file: string, options: YamlOptions = {}): YamlReading {
  const { maxLength, maxNodes: limit, lenient } = { ...policyLimits, ...options }
  const problems: PolicyProblem[] = []
  const lines = new LineCounter()
  const report = (code: ProblemCode, offset: number, message: string): void => {
    problems.push({ file, ...positionOf(lines, offset), path: '', code, message })
  }
  if (text.length > maxLength) {
    report('FILE_TOO_LARGE', 0, `the file has ${text.length} characters; the limit is ${maxLength}`)
    return { documents: [], problems }
  }
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    merge: false,
  })
  const all: readonly Document.Parsed[] = Array.isArray(parsed) ? parsed : []
  if (all.length > maxDocuments) {
    report('FILE_TOO_LARGE', 0, `the file has ${all.length} documents; the limit is ${maxDocuments}`)
    return { documents: [], problems }
  }
  const budget = { nodes: limit, limit }
  const documents: Located[] = []
  for (const document of all) {
    const faults = [...document.errors, ...document.warnings]
    for (const error of faults) report('MALFORMED_YAML', error.pos[0], oneLine(error.message))
    if (faults.length > 0 || document.contents === null) continue
    try {
      const located = locate(document.contents, { document, lines, budget, lenient, depth: 0 })
      if (located.kind !== 'null') documents.push(located)
    } catch (error) {
      if (!(error instanceof YamlRefused)) throw error
      report('MALFORMED_YAML', error.offset, error.message)
    }
  }
  return { documents, problems }
}

class YamlRefused extends Error {
  readonly offset: number
  constructor(offset: number, message: string) {
    super(message)
    this.offset = offset
  }
}

interface Walk {
  readonly document: Document.Parsed
  readonly lines: LineCounter
  readonly budget: { nodes: number; readonly limit: number }
  readonly lenient: boolean
  readonly depth: number
}

function locate(node: Node | null, outer: Walk): Located {
  const offset = node?.range?.[0] ?? 0
  const walk = spend(outer, offset)
  const at = positionOf(walk.lines, offset)
  if (node === null) return { kind: 'null', at }
  if (isAlias(node)) return locate(targetOf(node, walk, offset), walk)
  if (node.tag?.startsWith('tag:yaml.org,2002:') === false) {
    throw new YamlRefused(offset, `tag ${node.tag} is not read`)
  }
  if (isSeq(node)) {
    return { kind: 'list', at, items: node.items.map((item) => locate(nodeOf(item, offset), walk)) }
  }
  if (isMap(node)) return { kind: 'map', at, entries: entriesOf(node, walk) }
  if (isScalar(node)) return scalarOf(node.value, at, { start: offset, end: endOf(node, offset) })
  throw new YamlRefused(offset, 'not a value')
}

function targetOf(alias: Alias, { document }: Walk, offset: number): Node {
  const target = alias.resolve(document)
  if (target === undefined) throw new YamlRefused(offset, `unresolved alias *${alias.source}`)
  return target
}

/** Without the comment and the line end behind it. */
function endOf(node: Node, offset: number): number {
  return node.range?.[1] ?? offset
}

/** Goes one level down, and pays for it. */
function spend(walk: Walk, offset: number): Walk {
  walk.budget.nodes -= 1
  if (walk.budget.nodes < 0) {
    throw new YamlRefused(
      offset,
      `more than ${walk.budget.limit} values (aliases count each time they are used)`,
    )
  }
  const deepest = walk.lenient ? maxLenientDepth : maxDepth
  if (walk.depth > deepest) throw new YamlRefused(offset, `nested deeper than ${deepest} levels`)
  return { ...walk, depth: walk.depth + 1 }
}

function entriesOf(map: YAMLMap, walk: Walk): ReadonlyMap<string, LocatedEntry> {
  const entries = new Map<string, LocatedEntry>()
  const offset = map.range?.[0] ?? 0
  // What is merged in gives way to what is written here, wherever the merge key stands: it goes first.
  for (const pair of map.items.toSorted((a, b) => Number(isMerge(b)) - Number(isMerge(a)))) {
    const key = nodeOf(pair.key, offset)
    const keyOffset = key?.range?.[0] ?? offset
    const name = keyOf(key, walk, keyOffset)
    const value = locate(nodeOf(pair.value, keyOffset), walk)
    if (name === '<<') {
      merge(entries, value, keyOffset)
      continue
    }
    // An absent value has no place of its own; its key has.
    const at = value.kind === 'null' ? positionOf(walk.lines, keyOffset) : value.at
    entries.set(name, { key: positionOf(walk.lines, keyOffset), value: { ...value, at } })
  }
  return entries
}

function isMerge({ key }: { readonly key: unknown }): boolean {
  return isScalar(key) && key.value === '<<'
}

function keyOf(key: Node | null, { lenient }: Walk, offset: number): string {
  if (isScalar(key) && typeof key.value === 'string') {
    if (key.value !== '<<' || lenient) return key.value
    throw new YamlRefused(offset, 'merge keys (<<) are not read; repeat the fields')
  }
  if (lenient && isScalar(key) && (typeof key.value === 'number' || typeof key.value === 'boolean'))
    return String(key.value)
  throw new YamlRefused(offset, 'a key that is not a string')
}

/** Of several merged mappings the first one wins (yaml.org/type/merge). */
function merge(entries: Map<string, LocatedEntry>, value: Located, offset: number): void {
  const sources = value.kind === 'list' ? value.items : [value]
  for (const source of sources) {
    if (source.kind !== 'map')
      throw new YamlRefused(offset, 'a merge key (<<) of something that is no mapping')
    for (const [name, entry] of source.entries) if (!entries.has(name)) entries.set(name, entry)
  }
}

function scalarOf(value: unknown, at: Position, span: Span): Located {
  if (value === null) return { kind: 'null', at }
  if (typeof value === 'string') return { kind: 'string', at, value, span }
  if (typeof value === 'number') return { kind: 'number', at, value }
  if (typeof value === 'boolean') return { kind: 'boolean', at, value }
  throw new YamlRefused(span.start, 'a scalar of a kind that is not read')
}

function nodeOf(value: unknown, offset: number): Node | null {
  if (value === null || value === undefined) return null
  if (isScalar(value) || isMap(value) || isSeq(value) || isAlias(value)) return value
  throw new YamlRefused(offset, isPair(value) ? 'a mapping written inside a list' : 'not a value')
}

function positionOf(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return line === 0 ? { line: 1, column: 1 } : { line, column: col }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
