import type { LabelSelector, MatchRule } from '../policy.ts'
import {
  complain,
  complainMissing,
  complainValue,
  readEntries,
  readFields,
  readList,
  readText,
  readWord,
} from './slot.ts'
import type { Slot } from './slot.ts'
import type { PolicyProblem } from '../problem.ts'
import type { PolicyContext } from './context.ts'

const resources = [
  'pods',
  'replicasets',
  'deployments',
  'statefulsets',
  'daemonsets',
  'jobs',
  'cronjobs',
] as const

/** Reads one entry of `spec.match`. */
export function parseMatch(slot: Slot, context: PolicyContext): MatchRule | undefined {
  const fields = readFields(slot, ['group', 'version', 'resource', 'selector'], ['group'])
  if (fields === undefined) return undefined
  const group = readText(fields.get('group')) ?? ''
  const version = readText(fields.get('version')) ?? ''
  const resource = readWord(fields.get('resource'), resources) ?? ''
  const selector = selectorOf(fields.get('selector'), context)
  if (fields.has('selector') && group === '' && version === '' && !fields.has('resource')) {
    complainValue(fields.get('selector'), 'a selector alone', {
      expected: 'a resource whose labels it selects',
    })
  }
  return { group, version, resource, ...(selector === undefined ? {} : { selector }) }
}

/**
 * policy-controller finds out later that a selector is none, and then refuses everything: here the rule is about all
 * objects.
 */
function selectorOf(slot: Slot, context: PolicyContext): LabelSelector | undefined {
  if (context.extended) return parseSelector(slot)
  let fault: string | undefined
  const add = (problem: PolicyProblem): void => {
    if (problem.code === 'WRONG_TYPE' || problem.code === 'UNKNOWN_FIELD') slot.sink.add(problem)
    else fault ??= problem.message
  }
  const selector = parseSelector({ ...slot, sink: { ...slot.sink, add } })
  if (fault === undefined) return selector
  context.warn(
    slot,
    'INVALID_SELECTOR',
    `${slot.path} selects nothing, and the rule is about all objects: ${fault}`,
  )
  return undefined
}

/** Reads a Kubernetes label selector. */
export function parseSelector(slot: Slot): LabelSelector | undefined {
  const fields = readFields(slot, ['matchLabels', 'matchExpressions'])
  if (fields === undefined) return undefined
  const labels: Record<string, string> = {}
  for (const [name, value] of readEntries(fields.get('matchLabels'))) labels[name] = readText(value) ?? ''
  const matchExpressions = readList(fields.get('matchExpressions')).flatMap(
    (item) => parseExpression(item) ?? [],
  )
  return { matchLabels: labels, matchExpressions }
}

function parseExpression(slot: Slot): LabelSelector['matchExpressions'][number] | undefined {
  const fields = readFields(slot, ['key', 'operator', 'values'])
  if (fields === undefined) return undefined
  const key = readText(fields.get('key'))
  const operator = readWord(fields.get('operator'), ['In', 'NotIn', 'Exists', 'DoesNotExist'])
  const values = readList(fields.get('values')).map((item) => readText(item) ?? '')
  if (key === undefined) complainMissing(fields, ['key'])
  if (!fields.has('operator')) complainMissing(fields, ['operator'])
  if (key === undefined || operator === undefined) return undefined
  const wantsValues = operator === 'In' || operator === 'NotIn'
  if (wantsValues !== values.length > 0) {
    const message = `invalid value: ${slot.path}: ${operator} ${wantsValues ? 'needs' : 'takes no'} values`
    complain(slot, { code: 'INVALID_VALUE', message })
    return undefined
  }
  return { key, operator, values }
}
