import { CodedError, redact } from '@assay/registry'
import type { Facts, Known } from '../policy/facts.ts'
import type { Policy } from '../policy/policy.ts'
import { programKey, remotePrograms, type RemoteProgram } from '../policy/remote-program.ts'
import { GateError } from './gate-error.ts'
import type { GateIo } from './gate-io.ts'

type AskProgram = GateIo['program']

/** The texts of the programs that policies name by URL, or why they are not to be had. */
export async function programFacts(
  policies: readonly Policy[],
  ask: AskProgram = askNobody,
): Promise<Pick<Facts, 'programs'>> {
  const wanted = policies.flatMap(remotePrograms)
  if (wanted.length === 0) return {}
  const programs = new Map<string, Known<string>>()
  await Promise.all(
    wanted.map(async (program) => programs.set(programKey(program), await known(ask(program)))),
  )
  return { programs }
}

/** Asks for each program once, however many images and policies need it. */
export function askingForProgramsOnce(ask: NonNullable<AskProgram>): NonNullable<AskProgram> {
  const answers = new Map<string, Promise<string>>()
  return async (program) => {
    const key = programKey(program)
    const asked = answers.get(key) ?? ask(program)
    answers.set(key, asked)
    return await asked
  }
}

async function askNobody({ url }: RemoteProgram): Promise<never> {
  throw new GateError('UNSUPPORTED', 'a program that is kept elsewhere is not fetched here', {
    on: redact(url),
    hint: 'put it under data',
  })
}

async function known(asked: Promise<string>): Promise<Known<string>> {
  try {
    return { status: 'known', value: await asked }
  } catch (error) {
    if (error instanceof CodedError) return { status: 'unknown', error }
    throw error
  }
}
