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
    const limited = join(folder, 'capabilities.json')
    const policy = join(folder, 'policy.rego')
    await writeFile(limited, JSON.stringify(withoutOutside(capabilities.out)))
    await writeFile(policy, text)
    const version = semantics === 'compat' ? ['--v0-compatible'] : []
    const flags = [
      '--format',
      'json',
      '--capabilities',
      limited,
      '--data',
      policy,
      '--stdin-input',
      ...version,
    ]
    const answered = await run(options, ['eval', ...flags, query], JSON.stringify(input))
    if (answered.late) return undecided(`it did not end within ${options.deadline} ms`)
    return answered.code === 0 ? answerOf(answered.out) : undecided(oneLine(answered.out + answered.errors))
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

function withoutOutside(capabilities: string): unknown {
  const all: Readonly<Record<string, unknown>> = JSON.parse(capabilities)
  const builtins: readonly unknown[] = Array.isArray(all['builtins']) ? all['builtins'] : []
  const kept = builtins.filter(
    (builtin) => !outside.has(String(Object.entries(Object(builtin)).find(([name]) => name === 'name')?.[1])),
  )
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
