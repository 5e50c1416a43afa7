import type { LanguageAnswer, LanguageProgram } from '../../policy/languages/language-runtime.ts'

/** What the policy worker is asked. */
export interface WorkerQuestion {
  readonly id: number
  readonly program: LanguageProgram
  readonly input: unknown
}

/** What it says: that the language is there and the program runs, then the answer. */
export type WorkerReply =
  | { readonly id: number; readonly started: true }
  | { readonly id: number; readonly answer: LanguageAnswer }
