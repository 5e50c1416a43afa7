import { redact, type CodedError } from '@assay/registry'
import type { Facts, Known } from './facts.ts'
import type { Policy, PolicyProgram, ProgramSource } from './policy.ts'
import type { Reason } from './reason.ts'

/** A program that its policy names by URL and by the SHA-256 of its bytes. */
export type RemoteProgram = Extract<ProgramSource, { readonly kind: 'remote' }>

/** What the text of a program is kept under among the facts: two policies may name one. */
export function programKey({ sha256, url }: RemoteProgram): string {
  return `${sha256} ${url}`
}

/** The programs that a policy names by URL, those over attestations included. */
export function remotePrograms(policy: Policy): readonly RemoteProgram[] {
  return programsOf(policy).flatMap(({ source }) => (source.kind === 'remote' ? [source] : []))
}

/** Why a policy cannot be met: one of its programs is not here. */
export function missingProgram(policy: Policy, facts: Facts): Reason | undefined {
  for (const program of programsOf(policy)) {
    const text = programText(program, facts)
    if (text.status === 'missing') return text.reason
  }
  return undefined
}

export type ProgramText =
  | { readonly status: 'here'; readonly text: string }
  | { readonly status: 'missing'; readonly reason: Reason }

/** The text of a program, or why nobody has it. */
export function programText({ source }: PolicyProgram, { programs }: Facts): ProgramText {
  if (source.kind === 'text') return { status: 'here', text: source.text }
  if (source.kind === 'remote') return remoteText(source, programs?.get(programKey(source)))
  const message = `the program is kept elsewhere (config map ${source.name}) and was not fetched`
  const hint = 'give the file with that ConfigMap with --policy, too, or put the program under data'
  return { status: 'missing', reason: { code: 'PROGRAM_UNRESOLVED', step: 'program', message, hint } }
}

/** A URL may hold a token, for its server and nobody else. */
function remoteText({ url, sha256 }: RemoteProgram, fact: Known<string> | undefined): ProgramText {
  if (fact?.status === 'known') return { status: 'here', text: fact.value }
  const described = { code: 'PROGRAM_UNRESOLVED', step: 'program', on: redact(url) } as const
  if (fact !== undefined) return { status: 'missing', reason: { ...described, ...told(fact.error, sha256) } }
  const message = `the program is kept elsewhere (${redact(url)}) and was not fetched`
  return { status: 'missing', reason: { ...described, message, hint } }
}

const hint = 'put the program under data'

function told(error: CodedError, sha256: string): Omit<Reason, 'code' | 'step' | 'on'> {
  const { expected = `a program with the SHA-256 ${sha256}`, got } = error
  return {
    message: `the program could not be had: ${error.message} (${error.code})`,
    expected,
    ...(got === undefined ? {} : { got }),
    hint: error.hint ?? hint,
  }
}

function programsOf({ program, authorities }: Policy): readonly PolicyProgram[] {
  const attested = authorities.flatMap((authority) =>
    authority.kind === 'static' ? [] : authority.attestations.map((rule) => rule.program),
  )
  return [program, ...attested].filter((each) => each !== undefined)
}
