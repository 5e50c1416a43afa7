import {
  decisionTree,
  gateDocument,
  gateImages,
  inSituation,
  maxDecisionRecord,
  readGateDocument,
  workerLanguages,
  type GateReport,
  type Situation,
  type WorkerLanguagesOptions,
} from '@assay/core'
import { verdictExit } from './exit-code.ts'
import type { Explanation } from './explain-signatures.ts'
import { gateIo } from './gate-io.ts'
import type { Io } from './io.ts'
import type { Policies } from './options/policies.ts'
import type { Places } from './options/registry.ts'
import type { Trust } from './options/trust.ts'
import { readNamedFile } from './read-file.ts'

/** Decides about an image by policy, and shows the decision as a tree. */
export async function explainPolicy(
  image: string,
  io: Io,
  options: {
    readonly policies: Policies
    readonly situation: Situation
    readonly languages: WorkerLanguagesOptions
    readonly trust: Trust
    readonly places: Places
  },
): Promise<Explanation> {
  const { policies, situation, places, trust } = options
  const languages = workerLanguages(options.languages)
  const report: GateReport = await gateImages(inSituation([{ reference: image }], situation), policies.set, {
    io: gateIo({ io, places, trust, policies }),
    languages,
    ...places.call,
  }).finally(() => languages.close())
  const { decisions } = gateDocument(report)
  const count = policies.set.policies.length
  return {
    about: `${image}, decided by ${count} ${count === 1 ? 'policy' : 'policies'}`,
    exit: verdictExit[report.verdict],
    trees: decisions.map(decisionTree),
  }
}

/** Shows what a gate wrote down, as a tree. The answer is the one of then: nothing is fetched or verified. */
export async function explainRecord(path: string): Promise<Explanation> {
  const bytes = await readNamedFile(path, '--decision', maxDecisionRecord)
  const { verdict, decisions } = readGateDocument(bytes, path)
  return {
    about: `${path}, as the gate wrote it down; nothing was fetched or verified for this`,
    exit: verdictExit[verdict],
    trees: decisions.map(decisionTree),
  }
}
