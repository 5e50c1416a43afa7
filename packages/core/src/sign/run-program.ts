import { spawn, type ChildProcess } from 'node:child_process'
import type { SigningError } from './signing-error.ts'

/** No answer of a program that we ask is nearly as long. */
const maxOutput = 1024 * 1024
/** Milliseconds for one call; hardware and people who confirm are slow. */
const defaultTimeLimit = 120_000

export interface ProgramCall {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin?: Uint8Array
  /** Whether stderr is handed to our caller or shown to people as it comes. */
  readonly stderr: 'keep' | 'show'
  readonly signal: AbortSignal
  readonly timeLimit?: number
  /** Makes the error of what the program is for. */
  readonly failed: (got: string, cause?: unknown) => SigningError
}

export interface ProgramAnswer {
  readonly code: number
  readonly stdout: Buffer
  /** Empty where it was shown. */
  readonly stderr: string
}

/**
 * Runs a program without a shell, within a time limit, and gives what it printed. What its exit code means is the
 * caller's to say; a program that was killed has not answered.
 * @throws SigningError as `failed` makes it
 */
export async function runProgram(call: ProgramCall): Promise<ProgramAnswer> {
  const timeLimit = call.timeLimit ?? defaultTimeLimit
  // The password of key files and the PIN of tokens are for nobody else.
  const { COSIGN_PASSWORD: _password, COSIGN_PKCS11_PIN: _pin, ...env } = call.env
  const child = spawn(call.program, call.args, {
    env,
    stdio: ['pipe', 'pipe', call.stderr === 'keep' ? 'pipe' : 'inherit'],
  })
  // A program that does not read its input is not at fault for it.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(call.stdin)
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(timeLimit)])
  const stopped = (): SigningError =>
    call.failed(call.signal.aborted ? 'it was interrupted' : `it did not answer within ${timeLimit} ms`)
  return finished(child, { signal, stopped, failed: call.failed })
}

interface Ending {
  readonly signal: AbortSignal
  readonly stopped: () => SigningError
  readonly failed: ProgramCall['failed']
}

function finished(child: ChildProcess, { signal, stopped, failed }: Ending): Promise<ProgramAnswer> {
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  let length = 0
  return new Promise((resolve, reject) => {
    // What a script started may live on and hold the pipes: closing them ends the wait.
    const stop = (error: SigningError): void => {
      child.kill('SIGKILL')
      child.stdout?.destroy()
      child.stderr?.destroy()
      reject(error)
    }
    const onAbort = (): void => stop(stopped())
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    const collect = (chunks: Buffer[]) => (chunk: Buffer) => {
      length += chunk.byteLength
      if (length > maxOutput) stop(failed('it does not stop printing'))
      else chunks.push(chunk)
    }
    child.stdout?.on('data', collect(out))
    child.stderr?.on('data', collect(err))
    child.once('error', (error) => stop(failed(reasonOf(error), error)))
    child.once('close', (code, killedBy) => {
      signal.removeEventListener('abort', onAbort)
      if (code === null) reject(failed(`it was ended by ${killedBy ?? 'a signal'}`))
      else resolve({ code, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString('utf8') })
    })
  })
}

function reasonOf(error: Error): string {
  return 'code' in error && error.code === 'ENOENT' ? 'there is no such program on the PATH' : error.message
}
