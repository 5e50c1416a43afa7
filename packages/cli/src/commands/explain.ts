import { stat } from 'node:fs/promises'
import { renderTree, type Situation, type TrustedKey, type WorkerLanguagesOptions } from '@assay/core'
import { redact } from '@assay/registry'
import { defineCommand, type Mount, type OptionGroup } from '../define-command.ts'
import type { ExitCode } from '../exit-code.ts'
import { explainPolicy, explainRecord } from '../explain-decision.ts'
import { explainBundle, explainImage, type Explanation } from '../explain-signatures.ts'
import type { Io } from '../io.ts'
import { jsonText } from '../json-text.ts'
import { valueFlag } from '../options/flag.ts'
import { languageOptions } from '../options/languages.ts'
import { outputOption } from '../options/output.ts'
import { maybePolicyOptions, type Policies } from '../options/policies.ts'
import { textOf } from '../options/raw.ts'
import { registryOptions, type Places } from '../options/registry.ts'
import { situationOptions } from '../options/situation.ts'
import { trustOptions, type Trust } from '../options/trust.ts'
import { weakeningOptions, type Weakened } from '../options/weakening.ts'
import { UsageError } from '../usage-error.ts'
import { auditKeysOption } from './audit.ts'

/** The version of the JSON document that `--output json` prints. */
const schema = 'assay.explain/v1'

const subjectOption: OptionGroup<string | undefined> = {
  flags: () => [
    valueFlag(
      '--subject <file>',
      'what a bundle file is about: a file, or sha256:…; without it, what the bundle itself claims',
    ),
  ],
  parse: (raw) => textOf(raw, 'subject'),
}

const decisionOption: OptionGroup<string | undefined> = {
  flags: () => [valueFlag('--decision <file>', 'what assay gate --output json printed, shown as a tree')],
  parse: (raw) => textOf(raw, 'decision'),
}

/** `assay explain`. */
export const explain: Mount = defineCommand({
  name: 'explain',
  description:
    'Shows how it is known that an image or a bundle was signed, step by step as a tree; or at which step a signature failed. It demands no identity: who signed is part of the answer. Exits 0 where something holds. With --policy or --decision it shows a decision of the gate, and exits as the gate does.',
  arguments: [{ name: '[image|bundle]', description: 'an image, or a bundle file' }],
  examples: [
    { what: 'What is attached to an image', line: 'assay explain registry.example/app:1.0' },
    {
      what: 'A bundle file, and the file that it is about',
      line: 'assay explain app.sigstore.json --subject app.tgz --key release.pub',
    },
    {
      what: 'Why does a policy allow or deny an image?',
      line: 'assay explain --policy policy.yaml registry.example/app:1.0',
    },
    { what: 'What did the gate decide then, and why?', line: 'assay explain --decision decision.json' },
  ],
  groups: {
    keys: auditKeysOption,
    subject: subjectOption,
    policies: maybePolicyOptions,
    situation: situationOptions,
    languages: languageOptions,
    decision: decisionOption,
    trust: trustOptions,
    weakened: weakeningOptions,
    output: outputOption(['text', 'json']),
    places: registryOptions,
  },
  run: async (io, [named], { output, ...options }) =>
    await show(await explanationOf(named, io, options), output.format, io),
})

interface ExplainOptions {
  readonly keys: readonly TrustedKey[]
  readonly subject: string | undefined
  readonly policies: Policies | undefined
  readonly situation: Situation
  readonly languages: WorkerLanguagesOptions
  readonly decision: string | undefined
  readonly trust: Trust
  readonly weakened: Weakened
  readonly places: Places
}

async function explanationOf(
  named: string | undefined,
  io: Io,
  { keys, subject, weakened, ...options }: ExplainOptions,
): Promise<Explanation> {
  const { policies, decision, trust, places } = options
  checkQuestion({ named, subject, policies, decision })
  if (decision !== undefined) return await explainRecord(decision)
  const image = named ?? ''
  if (policies !== undefined) return await explainPolicy(image, io, { ...options, policies })
  const auditing = { trust: await trust.load(), keys, now: io.now, ...weakened, ...places.call }
  const isFile = await isRegularFile(image)
  if (subject !== undefined && !isFile)
    throw new UsageError('USAGE', '--subject belongs to a bundle file', { got: image })
  return isFile ? await explainBundle(image, subject, auditing) : await explainImage(image, auditing, places)
}

/** One question at a time. */
function checkQuestion({
  named,
  subject,
  policies,
  decision,
}: Pick<ExplainOptions, 'subject' | 'policies' | 'decision'> & { readonly named: string | undefined }): void {
  if (decision !== undefined && (named !== undefined || policies !== undefined || subject !== undefined))
    throw new UsageError('USAGE', '--decision is explained alone', { expected: 'no image and no other file' })
  if (policies !== undefined && subject !== undefined)
    throw new UsageError('USAGE', '--subject belongs to a bundle file, --policy to an image')
  if (decision === undefined && named === undefined)
    throw new UsageError('USAGE', 'there is nothing to explain', {
      hint: 'name an image or a bundle file, or a record with --decision',
    })
}

async function show({ about, exit, trees }: Explanation, format: string, io: Io): Promise<ExitCode> {
  const shown = trees.length === 0 ? 'nothing is attached to it\n' : trees.map(renderTree).join('\n')
  await io.writeOut(
    format === 'json' ? jsonText({ schema, ok: exit === 0, about, trees }) : `${redact(about)}\n\n${shown}`,
  )
  return exit
}

async function isRegularFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch {
    // Whatever cannot be looked at as a file is taken for a reference, whose reader tells what is wrong with it.
    return false
  }
}
