import { spawn } from 'node:child_process'
import { SigningError } from '../signing-error.ts'
import type { AmbientProvider } from './ambient-provider.ts'

const maxToken = 64 * 1024
const timeLimit = 30_000

/** CircleCI: its own program, which every job has, makes a token for the audience. */
export const circleci: AmbientProvider = {
  name: 'circleci',
  present: ({ env }) => env['CIRCLECI'] === 'true',
  token: async (audience, { env }, call) => {
    const limit = AbortSignal.timeout(timeLimit)
    const child = spawn('circleci', ['run', 'oidc', 'get', '--claims', JSON.stringify({ aud: audience })], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
      signal: call?.signal === undefined ? limit : AbortSignal.any([limit, call.signal]),
    })
    const chunks: Buffer[] = []
    let length = 0
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.byteLength
      if (length <= maxToken) chunks.push(chunk)
    })
    const status = await new Promise<number>((resolve, reject) => {
      child.once('error', (error) => reject(noToken(error.message)))
      child.once('close', (code) => resolve(code ?? 255))
    })
    if (status !== 0) throw noToken(`it ended with status ${status}`)
    return Buffer.concat(chunks).toString('latin1').trim()
  },
}

function noToken(got: string): SigningError {
  return new SigningError('NO_IDENTITY', 'the program circleci gave no identity token', {
    expected: 'a token of `circleci run oidc get`',
    got,
  })
}
