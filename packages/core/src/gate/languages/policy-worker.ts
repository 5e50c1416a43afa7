import { parentPort } from 'node:worker_threads'
import { evaluateCel } from '../../policy/languages/cel.ts'
import type { LanguageAnswer } from '../../policy/languages/language-runtime.ts'
import type { WorkerQuestion } from './worker-question.ts'

// The thread that runs programs from policies. Its owner ends it when one of them takes too long.
parentPort?.on('message', ({ id, program, input }: WorkerQuestion) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage({ id, answer: answer(program, input) })
})

function answer({ language, text }: WorkerQuestion['program'], input: unknown): LanguageAnswer {
  if (language === 'cel') return evaluateCel(text, input)
  return {
    status: 'undecided',
    code: 'LANGUAGE_UNAVAILABLE',
    message: `programs in ${language} cannot be run here yet`,
  }
}
