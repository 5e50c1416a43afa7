import { parentPort } from 'node:worker_threads'
import { evaluateCel } from '../../policy/languages/cel.ts'
import type { LanguageAnswer } from '../../policy/languages/language-runtime.ts'
import { evaluateCue } from './cue.ts'
import { loadCue, type CueInterpreter } from './cue-interpreter.ts'
import type { WorkerQuestion, WorkerReply } from './worker-question.ts'

// The thread that runs programs from policies. Its owner ends it when one of them takes too long.
parentPort?.on('message', (question: WorkerQuestion) => void reply(question))

let cue: CueInterpreter | undefined

async function reply({ id, program, input }: WorkerQuestion): Promise<void> {
  if (program.language === 'cue' && cue === undefined) {
    const failure = await load()
    if (failure !== undefined) return say({ id, answer: failure })
  }
  say({ id, started: true })
  say({ id, answer: await answer(program, input) })
}

async function answer(program: WorkerQuestion['program'], input: unknown): Promise<LanguageAnswer> {
  if (program.language === 'cel') return evaluateCel(program.text, input)
  if (program.language === 'cue' && cue !== undefined) return await evaluateCue(cue, program, input)
  return unavailable('programs in Rego are for OPA to run: name its executable with --opa')
}

async function load(): Promise<LanguageAnswer | undefined> {
  try {
    cue = await loadCue()
    return undefined
  } catch (error) {
    // A package that is not there, or that this machine cannot compile: nothing about the program.
    return unavailable(`CUE could not be loaded: ${error instanceof Error ? error.message : 'unknown error'}`)
  }
}

function unavailable(message: string): LanguageAnswer {
  return { status: 'undecided', code: 'LANGUAGE_UNAVAILABLE', message }
}

function say(message: WorkerReply): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(message)
}
