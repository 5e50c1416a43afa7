import { matchesImage, surelyMatchesImage } from './glob.ts'
import type { NamespaceFact, ObjectFact } from './facts.ts'
import type { ImageNames } from './image-names.ts'
import type { BrokenPolicy, LabelSelector, MatchRule, Policy } from './policy.ts'

/** What a policy is held against. */
export interface Candidate {
  readonly names: ImageNames
  readonly object?: ObjectFact
  readonly namespace?: NamespaceFact
}

/**
 * Whether a policy is about this image: one of its globs reaches one of the image's names, no exclude surely does,
 * one of its match rules fits the object, and its namespace is the one. What nobody knows is taken for a fit.
 */
export function appliesTo(policy: Policy, candidate: Candidate): boolean {
  const { names, object } = candidate
  if (!policy.images.some((glob) => matchesImage(glob, names))) return false
  if (policy.exclude.some((glob) => surelyMatchesImage(glob, names))) return false
  if (!isForNamespace(policy, candidate)) return false
  return object === undefined || policy.match.length === 0 || policy.match.some((rule) => fits(rule, object))
}

function isForNamespace(
  { namespace: own, namespaceSelector }: Policy,
  { object, namespace }: Candidate,
): boolean {
  const name = object?.namespace ?? namespace?.name
  if (own !== undefined && name !== undefined && own !== name) return false
  const labels = labelsOf(name, namespace)
  return namespaceSelector === undefined || labels === undefined || selects(namespaceSelector, labels)
}

/** The labels of the namespace that somebody told about are not those of another one, which an object names. */
function labelsOf(name: string | undefined, told: Candidate['namespace']): NamespaceFact['labels'] {
  return told?.name === name ? told?.labels : undefined
}

/** Whether a policy is about this image by a name that says what the image is, and not by one that was made up. */
export function surelyApplies({ images }: Policy, { names }: Candidate): boolean {
  return images.some((glob) => surelyMatchesImage(glob, names))
}

/** A policy that could not be read stands in the way of all that it may be about. */
export function mayApplyTo(policy: BrokenPolicy, { names, object, namespace }: Candidate): boolean {
  const name = object?.namespace ?? namespace?.name
  if (policy.namespace !== undefined && name !== undefined && policy.namespace !== name) return false
  return policy.images === undefined || policy.images.some((glob) => matchesImage(glob, names))
}

/** policy-controller's rules (gates.md §1.5): the resource by name, the version exactly or `*`, the group exactly. */
function fits(rule: MatchRule, object: ObjectFact): boolean {
  if (rule.resource !== '' && rule.resource !== resourceOf(object.kind)) return false
  if (rule.version !== '*' && rule.version !== object.version) return false
  if (rule.group !== object.group) return false
  return rule.selector === undefined || selects(rule.selector, object.labels)
}

function resourceOf(kind: string): string {
  return `${kind.toLowerCase()}s`
}

function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const value = (key: string): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined)
  const equal = Object.entries(selector.matchLabels).every(([key, wanted]) => value(key) === wanted)
  return (
    equal && selector.matchExpressions.every((expression) => satisfies(expression, value(expression.key)))
  )
}

type Expression = LabelSelector['matchExpressions'][number]

const operators: Readonly<
  Record<Expression['operator'], (values: readonly string[], value: string | undefined) => boolean>
> = {
  In: (values, value) => value !== undefined && values.includes(value),
  NotIn: (values, value) => value === undefined || !values.includes(value),
  Exists: (_, value) => value !== undefined,
  DoesNotExist: (_, value) => value === undefined,
}

function satisfies({ operator, values }: Expression, value: string | undefined): boolean {
  return operators[operator](values, value)
}
