import { CodedError } from '@assay/registry'
import type { Decision, GateReport } from '../policy/decision.ts'
import type { Reason } from '../policy/reason.ts'
import type { ContainerUse } from '../references/container-use.ts'
import type { FoundReferences } from '../references/found-image.ts'
import { asksForSomething } from '../workload/compare-containers.ts'
import type { ContainerProblem } from '../workload/container-problem.ts'
import { worstOf } from './gate-images.ts'

export interface FitOptions {
  /** `deny`: what cannot work is not allowed; `warn`: it is only said. */
  readonly answer: 'deny' | 'warn'
  /** Compares the image that was decided about, by its digest, with what containers ask of it. */
  readonly compare: (reference: string, uses: readonly ContainerUse[]) => Promise<readonly ContainerProblem[]>
}

/**
 * Compares the images that policies allow with the containers that use them. Only what was decided about is read: an
 * image that is not allowed, and one of which nobody knows the digest, is left as it is.
 */
export async function fitContainers(
  { decisions }: GateReport,
  found: readonly FoundReferences[],
  options: FitOptions,
): Promise<GateReport> {
  const uses = Map.groupBy(
    found.flatMap(({ images }) => images.filter(({ use }) => use !== undefined && asksForSomething(use))),
    ({ reference }) => reference,
  )
  const compared: Decision[] = []
  for (const decision of decisions) {
    const asked = (uses.get(decision.image) ?? []).flatMap(({ use, place }) =>
      use !== undefined && isNamedIn(decision, place) ? [use] : [],
    )
    // oxlint-disable-next-line no-await-in-loop -- one image after the other: memory is for one
    compared.push(await fit(decision, asked, options))
  }
  return { verdict: worstOf(compared), decisions: compared }
}

/** An image may be decided about several times, for the objects that it stands in. */
function isNamedIn({ places = [] }: Decision, place: Reason['place']): boolean {
  return places.some((one) => one === place)
}

async function fit(
  decision: Decision,
  uses: readonly ContainerUse[],
  { answer, compare }: FitOptions,
): Promise<Decision> {
  const { image, subject, verdict, partOf } = decision
  if (uses.length === 0 || verdict !== 'allow' || subject === undefined || partOf !== undefined)
    return decision
  try {
    const pinned = image.endsWith(`@${subject}`) ? image : `${image}@${subject}`
    const problems = await compare(pinned, uses)
    const fails = problems.filter(({ weight }) => weight === 'fails' && answer === 'deny')
    const warnings = problems.filter((problem) => !fails.includes(problem))
    return {
      ...decision,
      verdict: fails.length > 0 ? 'deny' : verdict,
      because: [...decision.because, ...fails.map(reasonOf)],
      warnings: [...decision.warnings, ...warnings.map(reasonOf)],
    }
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    const reason: Reason = {
      code: 'FIT_UNKNOWN',
      step: 'fit',
      message: `its containers could not be compared with it: ${error.message} (${error.code})`,
      ...(error.on !== undefined && { on: error.on }),
      ...(error.hint !== undefined && { hint: error.hint }),
    }
    if (answer === 'warn') return { ...decision, warnings: [...decision.warnings, reason] }
    return { ...decision, verdict: 'undecided', because: [...decision.because, reason] }
  }
}

function reasonOf({ code, message, place, hint }: ContainerProblem): Reason {
  return { code, step: 'fit', message, on: place.path, place, hint }
}
