import {
  auditBundle,
  auditImage,
  explainVerdict,
  maxBundleSize,
  type AuditOptions,
  type Branch,
} from '@assay/core'
import type { Call } from '@assay/registry'
import { exitCodeOf, type ExitCode } from './exit-code.ts'
import type { Places } from './options/registry.ts'
import { readNamedFile } from './read-file.ts'
import { readSubject } from './commands/verify-blob.ts'

/** What there is to tell: a sentence about what was looked at, and a tree for each thing. */
export interface Explanation {
  readonly about: string
  readonly exit: ExitCode
  readonly trees: readonly Branch[]
}

/** Shows a bundle file: about a subject that is given, or about what the bundle itself claims. */
export async function explainBundle(
  path: string,
  subject: string | undefined,
  options: AuditOptions & Call,
): Promise<Explanation> {
  const given = subject === undefined ? undefined : await readSubject(subject)
  const bytes = await readNamedFile(path, 'the command line', maxBundleSize)
  const { verdict, claimed, subject: digest = 'nothing' } = await auditBundle(bytes, given, options)
  const faults = verdict.status === 'refused' && verdict.fault !== undefined ? [verdict.fault] : []
  return {
    about: `${path}, about ${digest}${claimed ? ': its own claim, since no --subject was given' : ''}`,
    exit: exitOf(verdict.status === 'verified', faults),
    trees: [explainVerdict(verdict)],
  }
}

/** Shows everything that is attached to an image. */
export async function explainImage(
  image: string,
  options: AuditOptions & Call,
  places: Places,
): Promise<Explanation> {
  const { store, root, name } = await places.open(image)
  const { proofs, refused, faults } = await auditImage(store, root, options)
  return {
    about: name,
    exit: exitOf(proofs.length > 0, faults),
    trees: [
      ...proofs.map((proof) => explainVerdict({ status: 'verified', proof })),
      ...refused.map(({ source, refusal }) => explainVerdict({ status: 'refused', source, refusal })),
    ],
  }
}

/** Where nothing holds and the fault is ours, it could not be told. */
function exitOf(holds: boolean, [fault]: readonly Error[]): ExitCode {
  if (holds) return 0
  return fault === undefined ? 1 : exitCodeOf(fault)
}
