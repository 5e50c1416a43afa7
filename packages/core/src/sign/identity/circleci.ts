import { plainEnvironment } from '../plain-environment.ts'
import { runProgram } from '../run-program.ts'
import { SigningError } from '../signing-error.ts'
import type { AmbientProvider } from './ambient-provider.ts'

const timeLimit = 30_000
/** What the job's own program knows of it, and the proxies on its way. */
const ownVariables = /^(?:CIRCLE\w*|https?_proxy|no_proxy)$/i

/** CircleCI: its own program, which every job has, makes a token for the audience. */
export const circleci: AmbientProvider = {
  name: 'circleci',
  present: ({ env }) => env['CIRCLECI'] === 'true',
  token: async (audience, { env }, call) => {
    const { code, stdout } = await runProgram({
      program: 'circleci',
      args: ['run', 'oidc', 'get', '--claims', JSON.stringify({ aud: audience })],
      env: plainEnvironment(env, ownVariables),
      stderr: 'keep',
      signal: call?.signal ?? new AbortController().signal,
      timeLimit,
      failed: noToken,
    })
    if (code !== 0) throw noToken(`it ended with status ${code}`)
    return stdout.toString('latin1').trim()
  },
}

function noToken(got: string, cause?: unknown): SigningError {
  return new SigningError('NO_IDENTITY', 'the program circleci gave no identity token', {
    expected: 'a token of `circleci run oidc get`',
    got,
    cause,
  })
}
