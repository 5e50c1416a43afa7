import { createHash } from 'node:crypto'
import { CodedError, readAll, redact, type Call, type HttpResponse, type Transport } from '@assay/registry'
import { maxProgramLength } from '../policy/program-length.ts'
import type { RemoteProgram } from '../policy/remote-program.ts'
import { GateError } from './gate-error.ts'

export interface ProgramAccess extends Call {
  readonly transport: Transport
  /** Milliseconds for all of it; 15 seconds unless given. */
  readonly limit?: number
}

/**
 * The text of a program that a policy names by URL. Its digest is checked over the bytes before anything reads them,
 * so that it does not matter who answered.
 * @throws GateError PROGRAM_UNAVAILABLE, PROGRAM_MISMATCH
 * @throws RegistryError the codes of reaching a server, LIMIT_EXCEEDED
 */
export async function fetchProgram(program: RemoteProgram, access: ProgramAccess): Promise<string> {
  const bytes = await fetchInTime(program, access)
  const got = createHash('sha256').update(bytes).digest('hex')
  if (got !== program.sha256)
    throw new GateError('PROGRAM_MISMATCH', 'the URL has another program than the policy means', {
      on: redact(program.url),
      expected: `sha256 ${program.sha256}`,
      got: `sha256 ${got}, ${bytes.byteLength} bytes`,
      hint: 'read what the URL has now; if it is to be used, put its SHA-256 under sha256sum',
    })
  return textOf(bytes, redact(program.url))
}

/** Steps of a request have limits of their own; a server that is slow in all of them is given up, too. */
async function fetchInTime(
  program: RemoteProgram,
  { transport, signal, limit = 15_000 }: ProgramAccess,
): Promise<Uint8Array> {
  const end = new AbortController()
  const timer = setTimeout(() => {
    const message = `there was no whole answer within ${limit} ms`
    end.abort(unavailable(program, message, { hint: 'is the server reachable from here?' }))
  }, limit)
  try {
    const both = signal === undefined ? end.signal : AbortSignal.any([end.signal, signal])
    return await fetchBytes(program, transport, both)
  } finally {
    clearTimeout(timer)
  }
}

async function fetchBytes(
  program: RemoteProgram,
  transport: Transport,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const url = URL.parse(program.url)
  if (url === null) throw unavailable(program, 'this is no URL', { got: redact(program.url) })
  const response = await transport({ method: 'GET', url, headers: { accept: '*/*' }, signal })
  if (response.status !== 200) throw await refusal(program, response)
  return await readAll(response.body, { limit: maxProgramLength, on: redact(program.url) })
}

async function refusal(program: RemoteProgram, { status, body }: HttpResponse): Promise<GateError> {
  // To its end, within the limit for errors, which frees the connection.
  await readAll(body, { limit: maxProgramLength, on: redact(program.url) }).catch((error: unknown) => {
    if (!(error instanceof CodedError)) throw error
  })
  const details = { expected: 'status 200', got: `status ${status}`, hint: 'is the URL right, and public?' }
  return unavailable(program, 'the server does not give it', details)
}

function unavailable(
  { url }: RemoteProgram,
  message: string,
  details: { readonly expected?: string; readonly got?: string; readonly hint?: string },
): GateError {
  return new GateError('PROGRAM_UNAVAILABLE', message, { on: redact(url), ...details })
}

function textOf(bytes: Uint8Array, on: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw new GateError('PROGRAM_UNAVAILABLE', 'the program is not text', {
      on,
      expected: 'UTF-8',
      cause: error,
    })
  }
}
