import type { RegistryError } from '@assay/registry'
import type { Decision } from '../../packages/core/src/policy/decision.ts'
import { evaluate } from '../../packages/core/src/policy/evaluate.ts'
import type { PolicySet } from '../../packages/core/src/policy/evaluate.ts'
import type {
  EvidenceFact,
  Facts,
  InspectionFact,
  NamespaceFact,
  ObjectFact,
} from '../../packages/core/src/policy/facts.ts'
import { imageNames } from '../../packages/core/src/policy/image-names.ts'
import { noLanguages } from '../../packages/core/src/policy/languages/language-runtime.ts'
import type { LanguageRuntime } from '../../packages/core/src/policy/languages/language-runtime.ts'
import { reasonsOf } from '../../packages/core/src/policy/outcome.ts'
import { parsePolicyFile } from '../../packages/core/src/policy/parse-policy-file.ts'
import { describeProblem } from '../../packages/core/src/policy/problem.ts'
import type { ReasonCode } from '../../packages/core/src/policy/reason.ts'
import { viewsOf } from '../../packages/core/src/policy/view.ts'
import type { Proof } from '../../packages/core/src/verify/proof.ts'
import { madeUpSubject } from './proofs.ts'

/** The moment of every made-up decision. */
const now = new Date('2026-06-01T00:00:00Z')

/** One policy named `p` about ghcr.io/acme/**, with the rest of its spec in flow style; the test fails on a problem. */
export function policySet(spec: string, version = 'assay.dev/v1alpha1'): PolicySet {
  const text = `apiVersion: ${version}\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec: {images: [{glob: 'ghcr.io/acme/**'}], ${spec}}`
  const { policies, broken, problems } = parsePolicyFile(text, 'p.yaml')
  if (problems.length > 0) throw new Error(problems.map(describeProblem).join('\n'))
  return { policies, broken, noMatch: 'deny' }
}

/** What a made-up decision is made from. */
export interface Told {
  readonly proofs?: readonly Proof[]
  readonly evidence?: Partial<EvidenceFact>
  readonly inspection?: InspectionFact | RegistryError
  readonly image?: { readonly tag?: string; readonly pinned?: boolean; readonly repository?: string }
  readonly languages?: LanguageRuntime
  readonly object?: ObjectFact
  readonly namespace?: NamespaceFact
}

/** Decides about ghcr.io/acme/app from made-up facts. */
export async function decide(set: PolicySet, told: Told = {}): Promise<Decision> {
  const { tag, pinned = false, repository = 'acme/app' } = told.image ?? {}
  const named = {
    host: 'ghcr.io',
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(pinned ? { digest: madeUpSubject } : {}),
  }
  const evidence: EvidenceFact = { proofs: told.proofs ?? [], refused: [], ...told.evidence }
  const facts: Facts = {
    names: imageNames({ raw: `ghcr.io/${repository}`, ...named }, madeUpSubject),
    subject: madeUpSubject,
    now,
    evidence: new Map(viewsOf(set.policies).map((view) => [view.key, evidence])),
    ...(told.object === undefined ? {} : { object: told.object }),
    ...(told.namespace === undefined ? {} : { namespace: told.namespace }),
    ...inspected(told.inspection),
  }
  return evaluate(set, facts, told.languages ?? noLanguages)
}

function inspected(inspection: Told['inspection']): Pick<Facts, 'inspection'> {
  if (inspection === undefined) return {}
  return {
    inspection:
      inspection instanceof Error
        ? { status: 'unknown', error: inspection }
        : { status: 'known', value: inspection },
  }
}

/** The codes of everything that speaks against the image, in order. */
export function codesOf(decision: Decision): readonly ReasonCode[] {
  const inside = decision.policies.flatMap(({ outcome }) => reasonsOf(outcome))
  return [...decision.because, ...inside].map(({ code }) => code)
}
