import type { PolicyProgram } from '../policy.ts'

/** Runs the programs that policies carry. The engine has none of its own; they come in from outside. */
export interface LanguageRuntime {
  /** Never throws: what goes wrong is `undecided`. */
  readonly run: (program: LanguageProgram, input: unknown) => Promise<LanguageAnswer>
}

export interface LanguageProgram {
  readonly language: PolicyProgram['language']
  readonly text: string
  /** How CUE treats a field that the data lacks, which Rego is meant (gates.md §8.3). */
  readonly semantics: 'compat' | 'strict'
}

/** `volatile`: the program asks for the time or for chance, and may say something else the next moment. */
export type LanguageAnswer = Answer & { readonly volatile?: true }

type Answer =
  | {
      readonly status: 'true'
      /** What should be known all the same. */
      readonly remark?: string
    }
  | { readonly status: 'false'; readonly message: string }
  /** It did not end in time, is no program, or its language is not there. */
  | {
      readonly status: 'undecided'
      readonly code: 'PROGRAM_UNDECIDED' | 'LANGUAGE_UNAVAILABLE'
      readonly message: string
    }

/** A runtime without any language: every program is undecided. */
export const noLanguages: LanguageRuntime = {
  run: async ({ language }) => ({
    status: 'undecided',
    code: 'LANGUAGE_UNAVAILABLE',
    message: `programs in ${language} cannot be run here`,
  }),
}
