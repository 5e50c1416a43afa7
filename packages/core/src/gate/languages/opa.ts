import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LanguageAnswer, LanguageProgram } from '../../policy/languages/language-runtime.ts'

export interface OpaOptions {
  /** The `opa` executable (1.x). */
  readonly executable: string
  /** Milliseconds for one program. */
  readonly deadline: number
}

const query = 'data.sigstore.isCompliant'
const maxOutput = 16 * 1024 * 1024
/** What reaches out of the program: to the network, to the environment, to other code. */
const outside = new Set([
  'http.send',
  'net.lookup_ip_addr',
  'opa.runtime',
  'rego.parse_module',
  'trace',
  'print',
])

/**
 * What is not marked as such by OPA, and goes by the clock all the same: certificates are verified for the moment.
 */
const byTheClock = /^crypto\.x509\.parse_and_verify_certificates/

/**
 * Asks OPA itself about a Rego policy (`package sigstore`, `isCompliant`): v0 for policies of policy.sigstore.dev,
 * v1 for our own kind. OPA gets an empty environment, none of its builtins that reach outside, and a deadline.
 */
export async function evaluateRego(
  { text, semantics }: LanguageProgram,
  input: unknown,
  options: OpaOptions,
): Promise<LanguageAnswer> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-opa-'))
  try {
    const capabilities = await run(options, ['capabilities', '--current'], '')
    if (capabilities.code !== 0) return unavailable(options, capabilities.errors)
    const policy = join(folder, 'policy.rego')
    await writeFile(policy, text)
    const version = semantics === 'compat' ? ['--v0-compatible'] : []
    const ask = async (allowed: Builtins): Promise<Answered> => {
      const limited = join(folder, `${allowed}.json`)
      await writeFile(limited, JSON.stringify(capabilitiesWith(allowed, capabilities.out)))
      const flags = ['--format', 'json', '--capabilities', limited, '--data', policy, '--stdin-input']
      return await run(options, ['eval', ...flags, ...version, query], JSON.stringify(input))
    }
    const lasting = await ask('lasting')
    // A program that asks for the time, or for chance, does not compile without them.
    const isVolatile = !lasting.late && lasting.code !== 0
    const answered = isVolatile ? await ask('all') : lasting
    if (answered.late) return undecided(`it did not end within ${options.deadline} ms`)
    if (answered.code !== 0) return undecided(oneLine(answered.out + answered.errors))
    return { ...answerOf(answered.out), ...(isVolatile && { volatile: true }) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** `true` is yes; of a set of results, the first that says so and has no warning (gates.md §1.6). */
function answerOf(output: string): LanguageAnswer {
  const value = valueOf(output)
  if (value === true) return { status: 'true' }
  const items: readonly unknown[] = Array.isArray(value) ? value : []
  const read = items.map((item) => new Map<string, unknown>(Object.entries(Object(item))))
  const texts = read.flatMap((item) => [item.get('error'), item.get('warning')])
  const said = texts.filter((text) => typeof text === 'string' && text !== '')
  const good = read.some((item) => item.get('result') === true && !hasText(item.get('warning')))
  if (good) return { status: 'true' }
  return {
    status: 'false',
    message: `the Rego policy is not met${said.length > 0 ? `: ${said.join('; ')}` : ''}`,
  }
}

function hasText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

/** The value of the query; undefined where the rule has none. */
function valueOf(output: string): unknown {
  let value: unknown = JSON.parse(output)
  for (const step of ['result', '0', 'expressions', '0', 'value']) {
    value =
      typeof value === 'object' && value !== null
        ? Object.getOwnPropertyDescriptor(value, step)?.value
        : undefined
  }
  return value
}

/** `lasting`: those whose answer is the same at any time. */
type Builtins = 'lasting' | 'all'

function capabilitiesWith(allowed: Builtins, capabilities: string): unknown {
  const all: Readonly<Record<string, unknown>> = JSON.parse(capabilities)
  const builtins: readonly unknown[] = Array.isArray(all['builtins']) ? all['builtins'] : []
  const kept = builtins.filter((builtin) => {
    const fields = new Map<string, unknown>(Object.entries(Object(builtin)))
    const name = String(fields.get('name'))
    if (outside.has(name)) return false
    return allowed === 'all' || !(fields.get('nondeterministic') === true || byTheClock.test(name))
  })
  return { ...all, builtins: kept, allow_net: [] }
}

interface Answered {
  readonly code: number
  readonly late: boolean
  readonly out: string
  readonly errors: string
}

function run(
  { executable, deadline }: OpaOptions,
  args: readonly string[],
  input: string,
): Promise<Answered> {
  return new Promise((resolve) => {
    const limits = { timeout: deadline, killSignal: 'SIGKILL', maxBuffer: maxOutput } as const
    const child = execFile(
      executable,
      [...args],
      { ...limits, env: {}, encoding: 'utf8' },
      (error, out, errors) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
        resolve({
          code,
          late: error?.killed === true,
          out,
          errors: errors === '' ? (error?.message ?? '') : errors,
        })
      },
    )
    // A program that never reads its input, or is not there, ends in the callback above.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

function unavailable({ executable }: OpaOptions, errors: string): LanguageAnswer {
  const message = `${executable} cannot be asked about Rego: ${oneLine(errors)}`
  return { status: 'undecided', code: 'LANGUAGE_UNAVAILABLE', message }
}

function undecided(message: string): LanguageAnswer {
  return { status: 'undecided', code: 'PROGRAM_UNDECIDED', message: `the program has no answer: ${message}` }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 300)
}
