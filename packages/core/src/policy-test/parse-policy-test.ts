import type { Located } from '../policy/parse/located.ts'
import { readYaml } from '../policy/parse/read-yaml.ts'
import {
  complain,
  complainMissing,
  complainValue,
  readEntries,
  readFields,
  readList,
  readText,
  readWord,
  type Fields,
  type Slot,
} from '../policy/parse/slot.ts'
import type { PolicyProblem } from '../policy/problem.ts'
import { isKubernetes, objectOf } from '../references/kubernetes.ts'
import type { PolicyCase, PolicyTest } from './policy-test.ts'

const apiVersion = 'assay.dev/v1alpha1'
const maxCases = 10_000

export interface PolicyTestFile {
  readonly tests: readonly PolicyTest[]
  /** With any of these the file is refused as a whole. */
  readonly problems: readonly PolicyProblem[]
}

/**
 * Reads the PolicyTest documents of a YAML file, with all problems at once. Documents of other kinds (a policy
 * beside its test) are passed over. Throws nothing.
 */
export function parsePolicyTests(text: string, file: string): PolicyTestFile {
  const { documents, problems } = readYaml(text, file)
  const found: PolicyProblem[] = [...problems]
  const tests = documents.filter(isPolicyTest).flatMap((document) => {
    const sink = { file, add: (problem: PolicyProblem) => void found.push(problem), explicit: true }
    const test = readTest({ path: '', at: document.at, value: document, sink })
    return test === undefined ? [] : [test]
  })
  return { tests: found.length === 0 ? tests : [], problems: found }
}

/** Any version of the kind: an unknown one is a problem, not another kind of file. */
function isPolicyTest(document: Located): boolean {
  const kind = document.kind === 'map' ? document.entries.get('kind')?.value : undefined
  return kind?.kind === 'string' && kind.value === 'PolicyTest'
}

function readTest(root: Slot): PolicyTest | undefined {
  const fields = readFields(root, ['apiVersion', 'kind', 'metadata', 'spec'])
  if (fields === undefined) return undefined
  readWord(fields.get('apiVersion'), [apiVersion])
  if (!fields.has('apiVersion')) complainMissing(fields, ['apiVersion'])
  const metadata = readFields(fields.get('metadata'), ['name', 'labels', 'annotations'])
  const name = metadata === undefined ? undefined : readText(metadata.get('name'))
  if (name === undefined) complainMissing(fields, ['metadata'], 'give the test a metadata.name')
  const spec = readFields(fields.get('spec'), ['policies', 'noMatch', 'cases'])
  if (spec === undefined) complainMissing(fields, ['spec'])
  if (spec === undefined || name === undefined) return undefined
  const policies = readList(spec.get('policies')).flatMap((slot) => readText(slot) ?? [])
  if (policies.length === 0) complainMissing(spec, ['policies'])
  const noMatch = readWord(spec.get('noMatch'), ['deny', 'warn', 'allow'])
  return {
    name,
    file: root.sink.file,
    policies,
    ...(noMatch !== undefined && { noMatch }),
    cases: readCases(spec),
  }
}

function readCases(spec: Fields): readonly PolicyCase[] {
  const slots = readList(spec.get('cases'))
  // A test without a case passes whatever the policy says.
  if (slots.length === 0) complainMissing(spec, ['cases'])
  if (slots.length > maxCases)
    complain(spec.get('cases'), { code: 'INVALID_VALUE', message: `more than ${maxCases} cases` })
  return slots.slice(0, maxCases).flatMap((slot) => readCase(slot) ?? [])
}

const caseFields = ['name', 'recording', 'image', 'time', 'object', 'namespace', 'expect', 'because']

function readCase(slot: Slot): PolicyCase | undefined {
  const fields = readFields(slot, caseFields)
  if (fields === undefined) return undefined
  const name = readText(fields.get('name'))
  const recording = readText(fields.get('recording'))
  const expect = readWord(fields.get('expect'), ['allow', 'deny', 'undecided'])
  const missing = ['name', 'recording', 'expect'].filter((field) => !fields.has(field))
  for (const field of missing) complainMissing(fields, [field])
  const image = readText(fields.get('image'))
  const time = readTime(fields.get('time'))
  const object = readObject(fields.get('object'))
  const namespace = readNamespace(fields.get('namespace'))
  if (name === undefined || recording === undefined || expect === undefined) return undefined
  return {
    name,
    at: slot.at,
    recording,
    ...(image !== undefined && { image }),
    ...(time !== undefined && { time }),
    ...(object !== undefined && { object }),
    ...(namespace !== undefined && { namespace }),
    expect,
    because: readList(fields.get('because')).flatMap((code) => readText(code) ?? []),
  }
}

/** RFC 3339 with its zone: what a date without one means depends on the machine. */
function readTime(slot: Slot): Date | undefined {
  const text = readText(slot)
  if (text === undefined) return undefined
  const time = new Date(text)
  const isWhole = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(text)
  if (isWhole && !Number.isNaN(time.getTime())) return time
  complainValue(slot, text, { expected: 'a time like 2026-06-01T12:00:00Z' })
  return undefined
}

function readObject(slot: Slot): PolicyCase['object'] {
  if (slot.value === undefined) return undefined
  if (isKubernetes(slot.value)) return objectOf(slot.value)
  complain(slot, {
    code: 'WRONG_TYPE',
    message: `${slot.path} is no Kubernetes object with apiVersion and kind`,
  })
  return undefined
}

function readNamespace(slot: Slot): PolicyCase['namespace'] {
  const fields = readFields(slot, ['name', 'labels'])
  if (fields === undefined) return undefined
  const name = readText(fields.get('name'))
  const labels = readEntries(fields.get('labels')).map(
    ([key, value]) => [key, readText(value) ?? ''] as const,
  )
  return {
    ...(name !== undefined && { name }),
    ...(fields.get('labels').value !== undefined && { labels: Object.fromEntries(labels) }),
  }
}
