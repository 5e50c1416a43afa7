import { renderVerification, verificationDocument, type ImageVerification } from '@assay/core'
import { exitCodeOf, worstOf, type ExitCode } from './exit-code.ts'
import type { Io } from './io.ts'
import { errorText, errorValue } from './show-error.ts'
import { jsonText } from './json-text.ts'

/** The version of the JSON document that the verifying commands print with `--output json`. */
const schema = 'assay.verify/v1'

/** What became of one subject. */
export type Outcome = { readonly image: string; readonly platform?: string } & (
  | { readonly kind: 'answer'; readonly verification: ImageVerification }
  | { readonly kind: 'error'; readonly error: unknown }
)

/** Prints what became of each subject and answers with the exit code of the worst. */
export async function showOutcomes(
  outcomes: readonly Outcome[],
  output: { readonly format: string; readonly color: boolean },
  io: Io,
): Promise<ExitCode> {
  if (output.format === 'json') await io.writeOut(documentOf(outcomes))
  else for (const outcome of outcomes) await show(outcome, { color: output.color, io })
  return worstOf(outcomes.map(codeOf))
}

function codeOf(outcome: Outcome): ExitCode {
  if (outcome.kind === 'error') return exitCodeOf(outcome.error)
  return outcome.verification.proofs.length > 0 ? 0 : 1
}

async function show(
  outcome: Outcome,
  { color, io }: { readonly color: boolean; readonly io: Io },
): Promise<void> {
  const { image, platform } = outcome
  const name = platform === undefined ? image : `${image} (${platform})`
  if (outcome.kind === 'answer') await io.writeOut(renderVerification(outcome.verification, { color, name }))
  else await io.writeErr(`${name}\n${errorText(outcome.error)}`)
}

function documentOf(outcomes: readonly Outcome[]): string {
  const images = outcomes.map((outcome) => {
    const { image, platform } = outcome
    const about = { image, ...(platform !== undefined && { platform }) }
    return outcome.kind === 'answer'
      ? { ...about, ok: codeOf(outcome) === 0, ...verificationDocument(outcome.verification) }
      : { ...about, ok: false, error: errorValue(outcome.error) }
  })
  return jsonText({ schema, ok: images.every(({ ok }) => ok), images })
}
