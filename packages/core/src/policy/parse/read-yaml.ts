import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml'
import type { Document, Node, YAMLMap } from 'yaml'
import type { PolicyProblem, Position, ProblemCode } from '../problem.ts'
import type { Located, LocatedEntry } from './located.ts'

/** The largest policy file, in UTF-16 units; a cluster cannot store more than 1 MiB either. */
const maxPolicyFileLength: number = 1024 * 1024
/** Nodes of one file after its aliases are resolved: an alias bomb ends here. */
const maxNodes = 50_000
const maxDepth = 64
const maxDocuments = 1000

export interface YamlReading {
  /** Every document that could be read; empty documents are left out. */
  readonly documents: readonly Located[]
  readonly problems: readonly PolicyProblem[]
}

/**
 * Reads the documents of a YAML file with the position of every value. YAML errors, duplicate keys, keys that are
 * not strings, merge keys, tags, alias bombs and files beyond the limits are problems; nothing is thrown.
 */
export function readYaml(text: string, file: string): YamlReading {
  const problems: PolicyProblem[] = []
  const lines = new LineCounter()
  const report = (code: ProblemCode, offset: number, message: string): void => {
    problems.push({ file, ...positionOf(lines, offset), path: '', code, message })
  }
  if (text.length > maxPolicyFileLength) {
    report('FILE_TOO_LARGE', 0, `the file has ${text.length} characters; the limit is ${maxPolicyFileLength}`)
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
  const budget = { nodes: maxNodes }
  const documents: Located[] = []
  for (const document of all) {
    for (const error of [...document.errors, ...document.warnings]) {
      report('MALFORMED_YAML', error.pos[0], oneLine(error.message))
    }
    if (document.errors.length > 0 || document.warnings.length > 0 || document.contents === null) continue
    try {
      const located = locate(document.contents, { document, lines, budget, depth: 0 })
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
  readonly budget: { nodes: number }
  readonly depth: number
}

function locate(node: Node | null, outer: Walk): Located {
  const offset = node?.range?.[0] ?? 0
  const walk = spend(outer, offset)
  const at = positionOf(walk.lines, offset)
  if (node === null) return { kind: 'null', at }
  if (isAlias(node)) {
    const target = node.resolve(walk.document)
    if (target === undefined) throw new YamlRefused(offset, `unresolved alias *${node.source}`)
    return locate(target, walk)
  }
  if (node.tag?.startsWith('tag:yaml.org,2002:') === false) {
    throw new YamlRefused(offset, `tag ${node.tag} is not read`)
  }
  if (isSeq(node)) {
    return { kind: 'list', at, items: node.items.map((item) => locate(nodeOf(item, offset), walk)) }
  }
  if (isMap(node)) return { kind: 'map', at, entries: entriesOf(node, walk) }
  if (isScalar(node)) return scalarOf(node.value, at, offset)
  throw new YamlRefused(offset, 'not a value')
}

/** Goes one level down, and pays for it. */
function spend(walk: Walk, offset: number): Walk {
  walk.budget.nodes -= 1
  if (walk.budget.nodes < 0) {
    throw new YamlRefused(offset, `more than ${maxNodes} values (aliases count each time they are used)`)
  }
  if (walk.depth > maxDepth) throw new YamlRefused(offset, `nested deeper than ${maxDepth} levels`)
  return { ...walk, depth: walk.depth + 1 }
}

function entriesOf(map: YAMLMap, walk: Walk): ReadonlyMap<string, LocatedEntry> {
  const entries = new Map<string, LocatedEntry>()
  const offset = map.range?.[0] ?? 0
  for (const pair of map.items) {
    const key = nodeOf(pair.key, offset)
    const keyOffset = key?.range?.[0] ?? offset
    if (!isScalar(key) || typeof key.value !== 'string')
      throw new YamlRefused(keyOffset, 'a key that is not a string')
    if (key.value === '<<')
      throw new YamlRefused(keyOffset, 'merge keys (<<) are not read; repeat the fields')
    const value = locate(nodeOf(pair.value, keyOffset), walk)
    // An absent value has no place of its own; its key has.
    const at = value.kind === 'null' ? positionOf(walk.lines, keyOffset) : value.at
    entries.set(key.value, { key: positionOf(walk.lines, keyOffset), value: { ...value, at } })
  }
  return entries
}

function scalarOf(value: unknown, at: Position, offset: number): Located {
  if (value === null) return { kind: 'null', at }
  if (typeof value === 'string') return { kind: 'string', at, value }
  if (typeof value === 'number') return { kind: 'number', at, value }
  if (typeof value === 'boolean') return { kind: 'boolean', at, value }
  throw new YamlRefused(offset, 'a scalar of a kind that policies do not have')
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
