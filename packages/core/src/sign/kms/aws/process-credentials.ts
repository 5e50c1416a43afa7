import { parseStrictJson, RegistryError } from '@assay/registry'
import type { KeyAccess } from '../../keys/key-access.ts'
import { runProgram } from '../../run-program.ts'
import { noKeyAccess } from '../key-service.ts'
import type { AwsCredentials } from './credentials.ts'
import { servedCredentials } from './served-credentials.ts'

const unusable = (got: string): ReturnType<typeof noKeyAccess> =>
  noKeyAccess('AWS KMS', `the credential_process of the profile: ${got}`)

/** Credentials of a program that a profile names: a command line of words and quotes, run without a shell. */
export async function processCredentials(command: string, access: KeyAccess): Promise<AwsCredentials> {
  const [program = '', ...args] = wordsOf(command)
  const { code, stdout } = await runProgram({
    program,
    args,
    env: access.env,
    stderr: 'show',
    signal: access.signal,
    timeLimit: 60_000,
    failed: unusable,
  })
  if (code !== 0) throw unusable(`exit status ${code}`)
  try {
    return servedCredentials({
      value: parseStrictJson(stdout, { on: program }),
      path: '',
      refuse: (message) => unusable(`its answer: ${message}`),
    })
  } catch (error) {
    // The parser's message may quote a secret: it is left out.
    if (error instanceof RegistryError) throw unusable('its answer is not JSON')
    throw error
  }
}

function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  )
}
