import type { Proof } from '../verify/proof.ts'
import { sourceOf } from './candidates.ts'
import type { InspectionFact } from './facts.ts'
import type { InspectRule } from './policy.ts'
import type { Reason } from './reason.ts'

export interface AttestedInspection {
  readonly fact: InspectionFact
  /** Set where it was made with weaker demands than the policy has: then a good verdict does not count. */
  readonly fault?: Reason
}

/**
 * Reads what a signed inspection says about the whole image. What it was made to overlook (`--declare`,
 * `--exceptions`) it says itself, and it counts where the policy names the same; what it does not say as an
 * inspection does, or says about another image or a part of it, nobody could tell.
 */
export function attestedInspection(
  proof: Proof,
  { declare, exceptions }: Pick<InspectRule, 'declare' | 'exceptions'>,
  now: Date,
): AttestedInspection {
  const { content, subject } = proof
  const predicate = content.kind === 'statement' ? content.statement.predicate : undefined
  if (valueAt(predicate, 'platform') !== undefined)
    return unreadable('the signed inspection is of one platform of the index alone')
  const declared = namesIn(valueAt(predicate, 'declared') ?? [])
  const excepted = exceptedIn(valueAt(predicate, 'images'))
  if (declared === undefined || excepted === undefined || valueAt(predicate, 'digest') !== subject)
    return unreadable('the signed inspection does not say what it found in this image')
  const verdict = verdicts.find((known) => known === valueAt(predicate, 'verdict')) ?? 'undecidable'
  const rules = new Set(excepted.map(({ rule, expires }) => `excepted: ${rule}, until ${expires}`))
  const evidence = [...declared.map((name) => `declared: ${name}`), ...rules]
  const weakness = weaknessOf({ declared, excepted }, { declare, exceptions }, now)
  return {
    fact: { distroless: verdict, evidence },
    ...(weakness === undefined ? {} : { fault: weakened(proof, weakness) }),
  }
}

interface Weakness {
  readonly message: string
  /** The field of the policy that would accept it. */
  readonly field?: string
  readonly got: string
}

function weaknessOf(
  made: { readonly declared: readonly string[]; readonly excepted: readonly Excepted[] },
  { declare, exceptions }: Pick<InspectRule, 'declare' | 'exceptions'>,
  now: Date,
): Weakness | undefined {
  const runtime = made.declared.find((name) => !declare.includes(name))
  if (runtime !== undefined)
    return { message: `it was made with --declare ${runtime}`, field: 'declare', got: runtime }
  const rule = made.excepted.find((each) => !exceptions.includes(each.rule))?.rule
  if (rule !== undefined) return { message: `it excepts findings of ${rule}`, field: 'exceptions', got: rule }
  const today = now.toISOString().slice(0, 10)
  const ended = made.excepted.find(({ expires }) => expires < today)
  if (ended === undefined) return undefined
  return { message: `its exception for ${ended.rule} ended with ${ended.expires}`, got: ended.expires }
}

const verdicts = ['strict', 'effective', 'debug', 'no'] as const

function unreadable(why: string): AttestedInspection {
  return { fact: { distroless: 'undecidable', evidence: [why] } }
}

function weakened(proof: Proof, { message, field, got }: Weakness): Reason {
  return {
    code: 'INSPECTION_WEAKENED',
    step: 'inspect',
    on: sourceOf(proof),
    message: `the signed inspection does not count: ${message}`,
    got,
    hint:
      field === undefined
        ? 'inspect the image anew'
        : `inspect it without, or have the policy say so: ${field}: [${got}] under inspect`,
  }
}

interface Excepted {
  readonly rule: string
  /** The last day, in UTC. */
  readonly expires: string
}

/** The findings that do not count; undefined where the list of images, or of findings, is none. */
function exceptedIn(images: unknown): readonly Excepted[] | undefined {
  if (!Array.isArray(images) || images.length === 0) return undefined
  const all: Excepted[] = []
  for (const image of images) {
    const findings = valueAt(image, 'findings')
    if (!Array.isArray(findings)) return undefined
    for (const finding of findings) {
      const exception = valueAt(finding, 'exception')
      const rule = valueAt(finding, 'rule')
      const expires = valueAt(exception, 'expires')
      if (exception === null) continue
      if (typeof rule !== 'string' || typeof expires !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(expires))
        return undefined
      all.push({ rule, expires })
    }
  }
  return all
}

function namesIn(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined
  const names = value.filter((name) => typeof name === 'string')
  return names.length === value.length ? names : undefined
}

function valueAt(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined
}
