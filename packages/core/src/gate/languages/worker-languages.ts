import { Worker } from 'node:worker_threads'
import type {
  LanguageAnswer,
  LanguageProgram,
  LanguageRuntime,
} from '../../policy/languages/language-runtime.ts'
import { evaluateRego } from './opa.ts'
import type { WorkerQuestion, WorkerReply } from './worker-question.ts'

export interface WorkerLanguagesOptions {
  /** How long one program may take, in milliseconds; 2000 for CEL and 5000 for the others unless given. Loading is not counted. */
  readonly deadline?: number
  /** The `opa` executable, which Rego needs. */
  readonly opa?: string
  /** How much memory the programs may use, in MiB; 256 unless given. */
  readonly memory?: number
}

/** Languages in a thread of their own, which `close` ends. */
export interface WorkerLanguages extends LanguageRuntime {
  readonly close: () => Promise<void>
}

/**
 * Runs policies' programs in a worker, one after the other, each with a deadline: a program that does not end is
 * undecided, and costs the worker its life. The worker starts with the first program and does not keep the
 * process alive between programs.
 */
export function workerLanguages(options: WorkerLanguagesOptions = {}): WorkerLanguages {
  const { memory = 256, opa } = options
  let worker: Worker | undefined
  let queue: Promise<unknown> = Promise.resolve()
  let next = 0

  const end = async (): Promise<void> => {
    const ended = worker
    worker = undefined
    await ended?.terminate()
  }

  const ask = async (program: LanguageProgram, input: unknown): Promise<LanguageAnswer> => {
    worker ??= await startWorker(memory)
    next += 1
    const answer = await answerOf(worker, { id: next, program, input }, deadlineOf(program, options))
    if (answer.ended) await end()
    return answer.answer
  }

  return {
    run: (program, input) => {
      if (program.language === 'rego' && opa !== undefined)
        return evaluateRego(program, input, { executable: opa, deadline: deadlineOf(program, options) })
      const answer = queue.then(() => ask(program, input))
      queue = answer.catch(() => undefined)
      return answer
    },
    close: async () => {
      await queue
      await end()
    },
  }
}

function deadlineOf({ language }: LanguageProgram, { deadline }: WorkerLanguagesOptions): number {
  return deadline ?? (language === 'cel' ? 2000 : 5000)
}

/** How long a language may take to load, in milliseconds: CUE is 25 MB of WebAssembly. */
const loadDeadline = 20_000

/** The source runs as TypeScript, the built package as JavaScript; the worker's file is beside this one. */
const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? './policy-worker.ts' : './policy-worker.js',
  import.meta.url,
)

async function startWorker(memory: number): Promise<Worker> {
  // No environment and no standard streams: a program has nothing to see and nobody to talk to.
  const worker = new Worker(workerFile, {
    env: {},
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memory, maxYoungGenerationSizeMb: 32 },
  })
  await new Promise<void>((resolve, reject) => {
    worker.once('online', resolve)
    worker.once('error', reject)
  })
  worker.unref()
  return worker
}

interface Asked {
  readonly answer: LanguageAnswer
  /** The worker is gone, or has to go. */
  readonly ended: boolean
}

async function answerOf(worker: Worker, question: WorkerQuestion, deadline: number): Promise<Asked> {
  worker.ref()
  const { promise, resolve } = Promise.withResolvers<Asked>()
  const onMessage = (reply: WorkerReply): void => {
    if (reply.id !== question.id) return
    if ('answer' in reply) {
      resolve({ answer: reply.answer, ended: false })
      return
    }
    clearTimeout(timer)
    timer = setTimeout(late, deadline)
  }
  const onError = (error: Error): void =>
    resolve({ answer: undecided(`it ended with an error: ${error.message}`), ended: true })
  const onExit = (): void => resolve({ answer: undecided('its thread ended'), ended: true })
  const late = (): void => resolve({ answer: undecided(`it did not end within ${deadline} ms`), ended: true })
  let timer = setTimeout(late, loadDeadline + deadline)
  worker.on('message', onMessage).on('error', onError).on('exit', onExit)
  try {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage(question)
    return await promise
  } finally {
    clearTimeout(timer)
    worker.off('message', onMessage).off('error', onError).off('exit', onExit)
    worker.unref()
  }
}

function undecided(message: string): LanguageAnswer {
  return { status: 'undecided', code: 'PROGRAM_UNDECIDED', message: `the program has no answer: ${message}` }
}
