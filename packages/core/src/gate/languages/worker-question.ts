import type { LanguageAnswer, LanguageProgram } from '../../policy/languages/language-runtime.ts'

/** What the policy worker is asked. */
export interface WorkerQuestion {
  readonly id: number
  readonly program: LanguageProgram
  readonly input: unknown
}

/** What it answers. */
export interface WorkerReply {
  readonly id: number
  readonly answer: LanguageAnswer
}
