import { stat } from 'node:fs/promises'
import type { Call } from '@assay/registry'
import {
  auditBundle,
  auditImage,
  explainVerdict,
  maxBundleSize,
  renderTree,
  type AuditOptions,
  type Branch,
} from '@assay/core'
import { defineCommand, type Mount, type OptionGroup } from '../define-command.ts'
import { exitCodeOf, type ExitCode } from '../exit-code.ts'
import type { Io } from '../io.ts'
import { valueFlag } from '../options/flag.ts'
import { outputOption } from '../options/output.ts'
import { textOf } from '../options/raw.ts'
import { registryOptions, type Places } from '../options/registry.ts'
import { trustOptions } from '../options/trust.ts'
import { weakeningOptions } from '../options/weakening.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'
import { auditKeysOption } from './audit.ts'
import { readSubject } from './verify-blob.ts'

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

/** What there is to tell: a sentence about what was looked at, and a tree for each thing that was signed. */
interface Explanation {
  readonly about: string
  readonly holds: boolean
  /** Faults of ours: where nothing holds, it could not be told. */
  readonly faults: readonly Error[]
  readonly trees: readonly Branch[]
}

/** `assay explain`. */
export const explain: Mount = defineCommand({
  name: 'explain',
  description:
    'Shows how it is known that an image or a bundle was signed, step by step as a tree; or at which step a signature failed. It demands no identity: who signed is part of the answer. Exits 0 where something holds.',
  arguments: [{ name: '<image|bundle>', description: 'an image, or a bundle file' }],
  examples: [
    { what: 'What is attached to an image', line: 'assay explain registry.example/app:1.0' },
    {
      what: 'A bundle file, and the file that it is about',
      line: 'assay explain app.sigstore.json --subject app.tgz --key release.pub',
    },
  ],
  groups: {
    keys: auditKeysOption,
    subject: subjectOption,
    trust: trustOptions,
    weakened: weakeningOptions,
    output: outputOption(['text', 'json']),
    places: registryOptions,
  },
  run: async (io, [named = ''], { keys, subject, trust, weakened, output, places }) => {
    const options: AuditOptions = { trust: await trust.load(), keys, now: io.now, ...weakened }
    const isFile = await isRegularFile(named)
    if (subject !== undefined && !isFile)
      throw new UsageError('USAGE', '--subject belongs to a bundle file', { got: named })
    const explanation = isFile
      ? await explainBundle(named, subject, { ...options, ...places.call })
      : await explainImage(named, options, places)
    return await show(explanation, output.format, io)
  },
})

async function explainBundle(
  path: string,
  subject: string | undefined,
  options: AuditOptions & Call,
): Promise<Explanation> {
  const given = subject === undefined ? undefined : await readSubject(subject)
  const bytes = await readNamedFile(path, 'the command line', maxBundleSize)
  const { verdict, claimed, subject: digest = 'nothing' } = await auditBundle(bytes, given, options)
  return {
    about: `${path}, about ${digest}${claimed ? ': its own claim, since no --subject was given' : ''}`,
    holds: verdict.status === 'verified',
    faults: verdict.status === 'refused' && verdict.fault !== undefined ? [verdict.fault] : [],
    trees: [explainVerdict(verdict)],
  }
}

async function explainImage(image: string, options: AuditOptions, places: Places): Promise<Explanation> {
  const { store, root, name } = await places.open(image)
  const { proofs, refused, faults } = await auditImage(store, root, { ...options, ...places.call })
  return {
    about: name,
    holds: proofs.length > 0,
    faults,
    trees: [
      ...proofs.map((proof) => explainVerdict({ status: 'verified', proof })),
      ...refused.map(({ source, refusal }) => explainVerdict({ status: 'refused', source, refusal })),
    ],
  }
}

async function show({ about, holds, faults, trees }: Explanation, format: string, io: Io): Promise<ExitCode> {
  const text = `${about}\n\n${trees.length === 0 ? 'nothing is attached to it\n' : trees.map(renderTree).join('\n')}`
  await io.writeOut(
    format === 'json' ? `${JSON.stringify({ schema, ok: holds, about, trees }, null, 2)}\n` : text,
  )
  const [fault] = faults
  if (holds) return 0
  return fault === undefined ? 1 : exitCodeOf(fault)
}

async function isRegularFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch {
    // Whatever cannot be looked at as a file is taken for a reference, whose reader tells what is wrong with it.
    return false
  }
}
