import { spawn, type ChildProcess } from 'node:child_process'
import type { KeyAccess } from '../keys/signing-key.ts'
import type { SigningError } from '../signing-error.ts'

/** No answer of the protocol is nearly as long. */
const maxOutput = 1024 * 1024
/** Milliseconds for one call; hardware and people who confirm are slow. */
const timeLimit = 120_000

interface PluginCall {
  readonly program: string
  readonly request: unknown
  readonly stdin: Uint8Array
}

type PluginAccess = Pick<KeyAccess, 'env' | 'signal'> & {
  readonly failed: (got: string, cause?: unknown) => SigningError
}

/**
 * Starts a key plugin, without a shell, and gives what it printed. Its exit code means nothing in the protocol; what
 * it says on stderr goes to ours, for people. It inherits our environment but for the password of key files.
 */
export async function runPlugin(call: PluginCall, access: PluginAccess): Promise<Uint8Array> {
  const { COSIGN_PASSWORD: _password, ...env } = access.env
  const child = spawn(call.program, ['v1', JSON.stringify(call.request)], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
    signal: AbortSignal.any([access.signal, AbortSignal.timeout(timeLimit)]),
    killSignal: 'SIGKILL',
  })
  // A program that does not read its input is not at fault for it.
  child.stdin.on('error', () => undefined)
  child.stdin.end(call.stdin)
  return finished(child, access)
}

function finished(child: ChildProcess, { failed }: PluginAccess): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      length += chunk.byteLength
      if (length <= maxOutput) chunks.push(chunk)
      else child.kill('SIGKILL')
    })
    child.once('error', (error) => reject(failed(reasonOf(error), error)))
    child.once('close', () =>
      length > maxOutput ? reject(failed('it does not stop printing')) : resolve(Buffer.concat(chunks)),
    )
  })
}

function reasonOf(error: Error): string {
  if ('code' in error && error.code === 'ENOENT') return 'there is no such program on the PATH'
  return error.name === 'AbortError' ? `it did not answer within ${timeLimit} ms` : error.message
}
