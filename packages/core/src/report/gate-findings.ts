import type { Decision, GateReport } from '../policy/decision.ts'
import { pinnedName } from './gate-document.ts'
import { policyReasons, reasonLine, type PlacedReason } from './gate-reasons.ts'

/** One thing to tell about one image, for formats that list findings. */
export interface GateFinding {
  readonly level: 'error' | 'warning'
  readonly code: string
  /** The image, why, and what to do, in one line each. */
  readonly message: string
  readonly image: string
  /** Where a file names the image; without one, where the policy stands that refused it. */
  readonly at: FindingPlace | undefined
}

export interface FindingPlace {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Every reason of every image that is not allowed, and every warning, at every place that names the image. */
export function gateFindings({ decisions }: GateReport): readonly GateFinding[] {
  return decisions.flatMap((decision) => {
    const own = decision.because.map((reason) => ({ where: '', reason }))
    const reasons = decision.verdict === 'allow' ? [] : [...own, ...policyReasons(decision)]
    const warnings = decision.warnings.map((reason) => ({ where: '', reason }))
    return [
      ...reasons.flatMap((reason) => findingsOf(decision, reason, 'error')),
      ...warnings.flatMap((reason) => findingsOf(decision, reason, 'warning')),
    ]
  })
}

function findingsOf(
  decision: Decision,
  placed: PlacedReason,
  level: GateFinding['level'],
): readonly GateFinding[] {
  const { code, hint } = placed.reason
  const image = pinnedName(decision)
  const verdict = { allow: 'allowed', deny: 'denied', undecided: 'undecided' }[decision.verdict]
  const message = `${image} is ${verdict}: ${reasonLine(placed)}${hint === undefined ? '' : `; ${hint}`}`
  const places: readonly (FindingPlace | undefined)[] =
    placed.reason.place === undefined ? namedPlaces(decision) : [placed.reason.place]
  return places.map((at) => ({ level, code, message, image, at }))
}

/** Where files name the image, else the policy. */
function namedPlaces(decision: Decision): readonly (FindingPlace | undefined)[] {
  const { places = [] } = decision
  return places.length === 0 ? [policyPlace(decision)] : places
}

/** The first policy that had a say. */
function policyPlace({ policies }: Decision): FindingPlace | undefined {
  const refused = policies.find(({ outcome }) => outcome.status !== 'met') ?? policies[0]
  const [, file, line] = /^(.*):(\d+)$/.exec(refused?.at ?? '') ?? []
  return file === undefined ? undefined : { file, line: Number(line), column: 1 }
}
