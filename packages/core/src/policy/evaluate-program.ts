import type { Outcome, RuleName } from './decision.ts'
import type { Evaluation } from './evaluate-authority.ts'
import type { LanguageAnswer } from './languages/language-runtime.ts'
import { met, undecided, unmet } from './outcome.ts'
import type { PolicyProgram } from './policy.ts'
import { programText } from './remote-program.ts'

export interface ProgramRun {
  readonly name: string
  readonly input: unknown
  readonly evaluation: Evaluation
}

/** Runs a policy's program; whatever is not a clear yes or no is undecided. */
export async function runProgram(
  program: PolicyProgram,
  { name, input, evaluation }: ProgramRun,
): Promise<Outcome> {
  const rule: RuleName = { kind: 'program', name }
  const found = programText(program, evaluation.facts)
  if (found.status === 'missing') return undecided(rule, [found.reason])
  const { language } = program
  const { semantics } = evaluation.policy
  const answer = await evaluation.languages.run({ language, text: found.text, semantics }, input)
  const outcome = outcomeOf(rule, language, answer)
  return answer.volatile === true ? { ...outcome, volatile: true } : outcome
}

function outcomeOf(rule: RuleName, language: PolicyProgram['language'], answer: LanguageAnswer): Outcome {
  if (answer.status === 'true') {
    const { remark } = answer
    return met(rule, [{ kind: 'program', language, ...(remark === undefined ? {} : { remark }) }])
  }
  if (answer.status === 'false')
    return unmet(rule, [{ code: 'PROGRAM_REFUSED', step: 'program', message: answer.message }])
  return undecided(rule, [{ code: answer.code, step: 'program', message: answer.message }])
}
