import type { LanguageAnswer, LanguageProgram } from '../../policy/languages/language-runtime.ts'
import type { CueInterpreter, CueRun } from './cue-interpreter.ts'

const policyFile = '/policy.cue'
const dataFile = '/data.cue'
const maxFields = 5
const maxSound = 1000
/** Policies that are CUE at all, so that a disagreement is one about the data. */
const soundPolicies = new WeakMap<CueInterpreter, Set<string>>()

/**
 * Holds data against a CUE policy as policy-controller does: the two are unified, and have to agree. A field that
 * the policy constrains and the data lacks passes there; here it does so in `compat` alone, and is said.
 */
export async function evaluateCue(
  cue: CueInterpreter,
  { text, semantics }: LanguageProgram,
  input: unknown,
): Promise<LanguageAnswer> {
  const policy = [policyFile, new TextEncoder().encode(text)] as const
  // JSON is CUE; values that are computed, not data, could not come in this way.
  const data = [dataFile, new TextEncoder().encode(JSON.stringify(input))] as const
  const sound = soundPolicies.get(cue) ?? new Set()
  soundPolicies.set(cue, sound)
  if (!sound.has(text)) {
    const alone = await cue(['eval', policyFile], new Map([policy]))
    if (alone.code !== 0) return invalid(alone)
    if (sound.size < maxSound) sound.add(text)
  }
  const files = new Map([policy, data])
  const unified = await cue(['eval', policyFile, dataFile], files)
  if (unified.code > 1 || unified.code < 0) return invalid(unified)
  if (unified.code === 1)
    return { status: 'false', message: `the CUE policy does not agree: ${firstLine(unified)}` }
  const missing = missingIn(await cue(['export', policyFile, dataFile], files), input)
  if (missing === undefined) return { status: 'true' }
  if (semantics === 'compat') {
    return { status: 'true', remark: `${missing}; CUE lets that pass` }
  }
  const hint = 'helpers of the policy are to be hidden fields: _name'
  return { status: 'false', message: `${missing} (${hint})` }
}

/** What the policy says that the data does not have; undefined where there is nothing. */
function missingIn(exported: CueRun, input: unknown): string | undefined {
  if (exported.code !== 0) return `the data lacks what the CUE policy constrains: ${firstLine(exported)}`
  const fields = absent(JSON.parse(exported.out), input, '')
  if (fields.length === 0) return undefined
  const shown = fields.slice(0, maxFields).join(', ')
  const more = fields.length > maxFields ? ` and ${fields.length - maxFields} more` : ''
  return `the data lacks what the CUE policy constrains: ${shown}${more}`
}

/** The paths of `wanted` that `got` does not have. */
function absent(wanted: unknown, got: unknown, path: string): readonly string[] {
  if (typeof wanted !== 'object' || wanted === null) return []
  const has =
    typeof got === 'object' && got !== null ? new Map<string, unknown>(Object.entries(got)) : new Map()
  return Object.entries(wanted).flatMap(([name, value]) => {
    const inner = path === '' ? name : `${path}.${name}`
    return has.has(name) ? absent(value, has.get(name), inner) : [inner]
  })
}

function invalid(run: CueRun): LanguageAnswer {
  const message = `the program cannot be run: it is no CUE 0.4: ${firstLine(run)}`
  return { status: 'undecided', code: 'PROGRAM_UNDECIDED', message }
}

function firstLine({ errors }: CueRun): string {
  return (errors.split('\n', 1)[0] ?? '').replace(/:$/, '').slice(0, 300)
}
