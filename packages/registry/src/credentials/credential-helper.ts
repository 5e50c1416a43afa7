import { spawn } from 'node:child_process'
import { abortError } from '../aborted.ts'
import { RegistryError } from '../errors.ts'
import { isJsonObject, parseStrictJson } from '../json/strict-json.ts'
import { systemCode } from '../local/file-error.ts'
import type { Credential } from './credential.ts'

const patience = 30_000
const maxOutput = 64 * 1024
const notFound = /credentials not found/i

export interface HelperOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal
}

/**
 * Asks `docker-credential-<name> get` for a server (docker-credential-helpers' protocol). "Not found" is undefined.
 * @throws RegistryError INVALID_CREDENTIALS if the helper is missing, fails, or answers with something else
 */
export async function askHelper(
  name: string,
  server: string,
  options: HelperOptions,
): Promise<Credential | undefined> {
  const { code, output } = await run({ name, verb: 'get', input: server }, options)
  if (code !== 0) {
    if (notFound.test(output.toString('utf8'))) return undefined
    throw failed(name, 'it reports an error', `exit status ${code}`)
  }
  const answer = parseAnswer(name, output)
  if (answer.secret === '') return undefined
  if (answer.username === '<token>') return { kind: 'refresh', token: answer.secret }
  return { kind: 'basic', username: answer.username, password: answer.secret }
}

/**
 * Lets a helper keep a credential (`store`).
 * @throws RegistryError INVALID_CREDENTIALS
 */
export async function storeInHelper(
  name: string,
  entry: { readonly server: string; readonly username: string; readonly password: string },
  options: HelperOptions,
): Promise<void> {
  const { server, username, password } = entry
  const input = JSON.stringify({ ServerURL: server, Username: username, Secret: password })
  const { code } = await run({ name, verb: 'store', input }, options)
  if (code !== 0) throw failed(name, 'it does not store the credential', `exit status ${code}`)
}

/**
 * Lets a helper forget a credential (`erase`). What it does not know is forgotten already.
 * @throws RegistryError INVALID_CREDENTIALS
 */
export async function eraseInHelper(name: string, server: string, options: HelperOptions): Promise<void> {
  const { code, output } = await run({ name, verb: 'erase', input: server }, options)
  if (code !== 0 && !notFound.test(output.toString('utf8')))
    throw failed(name, 'it does not erase the credential', `exit status ${code}`)
}

function parseAnswer(name: string, output: Buffer): { readonly username: string; readonly secret: string } {
  try {
    const answer = parseStrictJson(output, { on: name })
    if (isJsonObject(answer)) {
      const { Username: username, Secret: secret } = answer
      if (typeof username === 'string' && typeof secret === 'string') return { username, secret }
    }
  } catch (error) {
    // Not as a cause: it could quote the secret.
    if (!(error instanceof RegistryError)) throw error
  }
  throw failed(name, 'its answer is malformed')
}

interface HelperCall {
  readonly name: string
  readonly verb: 'get' | 'store' | 'erase'
  readonly input: string
}

async function run(
  { name, verb, input }: HelperCall,
  options: HelperOptions,
): Promise<{ readonly code: number; readonly output: Buffer }> {
  // The name comes from a file: it must stay one word, not a path.
  if (!/^[A-Za-z0-9][\w.-]{0,63}$/.test(name)) throw failed(name, 'its name is malformed')
  const command = `docker-credential-${name}`
  const child = spawn(command, [verb], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...options.environment },
  })
  return await new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    const stop = (error: Error): void => {
      clearTimeout(timer)
      // A helper that is a script may leave children behind: the closed pipe ends them too.
      child.stdout.destroy()
      child.kill()
      reject(error)
    }
    const onAbort = (): void => {
      if (options.signal !== undefined) stop(abortError(options.signal))
    }
    timer = setTimeout(() => stop(failed(command, 'it does not answer')), patience)
    options.signal?.addEventListener('abort', onAbort, { once: true })
    const chunks: Buffer[] = []
    let length = 0
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.byteLength
      chunks.push(chunk)
      if (length > maxOutput) stop(failed(command, 'its answer has no end'))
    })
    child.once('error', (error) => {
      const code = systemCode(error)
      stop(failed(command, code === 'ENOENT' ? 'it is not installed' : 'it cannot be run', code))
    })
    child.once('close', (code) => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', onAbort)
      resolve({ code: code ?? -1, output: Buffer.concat(chunks) })
    })
    // A helper that does not read its input is no error of ours.
    child.stdin.once('error', () => child.stdin.destroy())
    child.stdin.end(`${input}\n`)
  })
}

function failed(on: string, message: string, got?: string): RegistryError {
  return new RegistryError('INVALID_CREDENTIALS', `the credential helper is unusable: ${message}`, {
    on,
    ...(got !== undefined && { got }),
  })
}
