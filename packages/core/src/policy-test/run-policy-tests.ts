import { CodedError, parseReference, RegistryError, type Call } from '@assay/registry'
import { gateImages } from '../gate/gate-images.ts'
import type { GateIo } from '../gate/gate-io.ts'
import { inspectionFact } from '../gate/inspection-fact.ts'
import { namedTrustRoots } from '../gate/named-trust-roots.ts'
import { inspectImage } from '../inspect/inspect-image.ts'
import type { Decision } from '../policy/decision.ts'
import type { PolicySet } from '../policy/evaluate.ts'
import type { LanguageRuntime } from '../policy/languages/language-runtime.ts'
import { everyReasonOf } from '../policy/outcome.ts'
import type { NamedTrustRoot } from '../policy/trust-root-source.ts'
import type { Recording } from './open-recording.ts'
import { recordedProgram } from './recorded-programs.ts'
import type { PolicyCase, PolicyTest } from './policy-test.ts'

/** What became of one case. */
export type CaseResult = { readonly test: PolicyTest; readonly case: PolicyCase } & (
  | { readonly status: 'passed'; readonly decision: Decision }
  | {
      readonly status: 'failed'
      readonly decision: Decision
      /** Codes that were expected and are not among the reasons. */
      readonly missing: readonly string[]
    }
  /** Nobody could tell: the recording cannot be used. */
  | { readonly status: 'broken'; readonly error: CodedError }
)

export interface TestRun extends Call {
  readonly test: PolicyTest
  readonly set: PolicySet
  readonly trustRoots: readonly NamedTrustRoot[]
  readonly languages: LanguageRuntime
  /** Opens a recording by the path that a case names. */
  readonly open: (recording: string) => Promise<Recording>
}

/** Asks the gate about each case of a test, with nothing but the recorded bytes, and compares the answers. */
export async function runPolicyTest(run: TestRun): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = []
  for (const one of run.test.cases) {
    // oxlint-disable-next-line no-await-in-loop -- computation, and the results keep the order of the file
    results.push(await runCase(run, one))
  }
  return results
}

async function runCase(run: TestRun, one: PolicyCase): Promise<CaseResult> {
  const { test } = run
  try {
    const decision = await decide(run, one, await run.open(one.recording))
    const codes = new Set(everyReasonOf(decision).map(({ code }): string => code))
    const missing = one.because.filter((code) => !codes.has(code))
    if (decision.verdict === one.expect && missing.length === 0)
      return { test, case: one, status: 'passed', decision }
    return { test, case: one, status: 'failed', decision, missing }
  } catch (error) {
    if (error instanceof CodedError) return { test, case: one, status: 'broken', error }
    throw error
  }
}

async function decide(run: TestRun, one: PolicyCase, recording: Recording): Promise<Decision> {
  const { set, languages, signal } = run
  const { image = recording.manifest.image, object, namespace } = one
  const { verdict, decisions } = await gateImages(
    [
      {
        reference: image,
        ...(object !== undefined && { object }),
        ...(namespace !== undefined && { namespace }),
      },
    ],
    set,
    { io: replayIo(run, one, recording), languages, ...(signal !== undefined && { signal }) },
  )
  // Where the images of an index count by themselves, too, the worst of them is the answer.
  const decision = decisions.find((each) => each.verdict === verdict)
  if (decision === undefined) throw new Error('the gate answers each question')
  return decision
}

/** The world as it was recorded: whatever was not recorded is out of reach. */
function replayIo(run: TestRun, one: PolicyCase, recording: Recording): GateIo {
  const { manifest, image, sources, programs } = recording
  return {
    now: one.time ?? manifest.recordedAt,
    openImage: async (text, call) => {
      const reference = parseReference(text)
      // Images of the recorded index are asked for by their own digests.
      const root = await image.resolve(reference.digest ?? manifest.digest, call)
      return { reference, store: image, root, name: `${text}@${root.digest}`, place: text }
    },
    openPlace: async (repository) => {
      const place = sources.get(repository)
      if (place !== undefined) return place
      throw new RegistryError('NOT_FOUND', 'this repository was not recorded', {
        on: repository,
        hint: 'record it with assay policy record --source',
      })
    },
    trustRoot: namedTrustRoots(run.trustRoots, async () => recording.trustRoot),
    program: (program) => recordedProgram(program, programs),
    inspect: async ({ store, root, name }, call) =>
      inspectionFact(await inspectImage(store, root, { reference: name, call })),
  }
}
