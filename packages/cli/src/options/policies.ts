import {
  parsePolicyFiles,
  describeProblem,
  type GateConfig,
  type PolicyFile,
  type PolicySet,
} from '@assay/core'
import { redact } from '@assay/registry'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'
import { choiceFlag, repeatedFlag } from './flag.ts'
import { textOf, textsOf } from './raw.ts'

/** The policies of a run, all of them read without a problem. */
export interface Policies {
  readonly set: PolicySet
  readonly trustRoots: PolicyFile['trustRoots']
}

const noMatchAnswers = ['deny', 'warn', 'allow'] as const

/** `--policy FILE` and what becomes of an image that no policy is about. */
export const policyOptions: OptionGroup<Policies> = {
  flags: () => [
    repeatedFlag('--policy <file>', 'ClusterImagePolicy documents (YAML)'),
    choiceFlag(
      '--no-match <answer>',
      'for an image that no policy is about (default: what a GateConfig says, else deny)',
      noMatchAnswers,
    ),
  ],
  parse: async (raw, io) => {
    const files = textsOf(raw, 'policy')
    if (files.length === 0)
      throw new UsageError('USAGE', '--policy is missing', { hint: 'name the file that holds the policy' })
    const read = await policiesOf(raw)
    await report(read, io)
    // commander takes every flag that begins with --no- for the opposite of another one, and names it so.
    const noMatch = noMatchAnswers.find((answer) => answer === textOf(raw, 'match'))
    return { set: policySetOf(read, noMatch), trustRoots: read.trustRoots }
  },
}

/** The policies of files that were read without a problem, with what a GateConfig among them says. */
export function policySetOf(
  { policies, configs }: PolicyFile,
  noMatch: PolicySet['noMatch'] | undefined,
): PolicySet {
  // Where things are read and kept is nothing that the policies say.
  const {
    noMatch: configured = 'deny',
    mirrors: _,
    cache: __,
    ...config
  } = configs[0]?.config ?? {
    resources: [],
  }
  return { ...config, policies, broken: [], noMatch: noMatch ?? configured }
}

/** The same where a command can do without. */
export const maybePolicyOptions: OptionGroup<Policies | undefined> = {
  flags: () => policyOptions.flags(),
  parse: async (raw, io) =>
    textsOf(raw, 'policy').length === 0 ? undefined : await policyOptions.parse(raw, io),
}

/**
 * Reads policy files as the one set that they make, with all its problems.
 * @throws UsageError UNREADABLE_FILE
 */
export async function readPolicies(paths: readonly string[], flag: string): Promise<PolicyFile> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: false })
  const texts = await Promise.all(
    paths.map(async (name) => ({ name, text: decoder.decode(await readNamedFile(name, flag)) })),
  )
  return parsePolicyFiles(texts)
}

/**
 * The same, of `--policy`, where a policy with a problem ends the run.
 * @throws UsageError UNREADABLE_FILE, INVALID_POLICY
 */
export async function demandPolicies(paths: readonly string[], io: Io): Promise<PolicyFile> {
  const read = await readPolicies(paths, '--policy')
  await report(read, io)
  return read
}

const askedFor = new WeakMap<RawOptions, Promise<PolicyFile>>()

/** What `--policy` names, read once for all options of a run: a pipe gives its content once, and a file may change. */
async function policiesOf(raw: RawOptions): Promise<PolicyFile> {
  const asked = askedFor.get(raw) ?? readPolicies(textsOf(raw, 'policy'), '--policy')
  askedFor.set(raw, asked)
  return await asked
}

/** The GateConfig among the policies, if there are any; what is wrong with it `policyOptions` says. */
export async function configOf(raw: RawOptions): Promise<GateConfig> {
  const { configs } = await policiesOf(raw)
  return configs[0]?.config ?? { resources: [] }
}

/** Every problem of every file at once, then no answer at all: a gate does not run on half of its policies. */
async function report({ problems, warnings }: PolicyFile, io: Io): Promise<void> {
  for (const warning of warnings) await io.writeErr(`warning: ${redact(describeProblem(warning))}\n`)
  const [first, ...others] = problems
  if (first === undefined) return
  for (const problem of others) await io.writeErr(`problem: ${redact(describeProblem(problem))}\n`)
  throw new UsageError('INVALID_POLICY', describeProblem(first), {
    ...(others.length === 0 ? {} : { got: `${problems.length} problems, the others above` }),
    hint: 'assay policy lint says more',
  })
}
