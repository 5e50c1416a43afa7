import {
  isCurrent,
  parseExceptionList,
  runtimeNames,
  severities,
  type Exception,
  type InspectionDemand,
} from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'
import { choiceFlag, repeatedFlag, switchFlag, valueFlag } from './flag.ts'
import { flagOf, textOf, textsOf } from './raw.ts'

/** What the image must be, what belongs in it, and what somebody answers for. */
export interface DemandOptions {
  readonly demand: InspectionDemand
  readonly declared: readonly string[]
  readonly exceptions: readonly Exception[]
}

/** `--fail-on`, `--require-distroless`, `--require-accounted`, `--declare` and `--exceptions`. */
export const demandOptions: OptionGroup<DemandOptions> = {
  flags: () => [
    choiceFlag('--fail-on <severity>', 'exit 1 on a finding of at least this severity', severities),
    choiceFlag('--require-distroless <verdict>', 'exit 1 unless the verdict is this or better', [
      'strict',
      'effective',
    ]),
    switchFlag('--require-accounted', 'exit 1 unless every program is explained'),
    repeatedFlag('--declare <runtime>', `a runtime that belongs in the image: ${runtimeNames.join(', ')}`),
    valueFlag('--exceptions <file>', 'findings that do not count, each with its reason and its last day'),
  ],
  parse: async (raw, io) => {
    const declared = textsOf(raw, 'declare')
    const unknown = declared.find((name) => !runtimeNames.includes(name))
    if (unknown !== undefined) {
      throw new UsageError('USAGE', '--declare knows no such runtime', {
        got: unknown,
        expected: runtimeNames.join(', '),
      })
    }
    return { demand: demandOf(raw), declared, exceptions: await exceptionsOf(raw, io) }
  },
}

function demandOf(raw: RawOptions): InspectionDemand {
  const failOn = severities.find((severity) => severity === textOf(raw, 'failOn'))
  const distroless = (['strict', 'effective'] as const).find(
    (verdict) => verdict === textOf(raw, 'requireDistroless'),
  )
  return {
    ...(failOn !== undefined && { failOn }),
    ...(distroless !== undefined && { distroless }),
    accounted: flagOf(raw, 'requireAccounted'),
  }
}

async function exceptionsOf(raw: RawOptions, io: Io): Promise<readonly Exception[]> {
  const path = textOf(raw, 'exceptions')
  if (path === undefined) return []
  const text = Buffer.from(await readNamedFile(path, '--exceptions')).toString('utf8')
  const all = parseExceptionList(text, path)
  const ended = all.filter((exception) => !isCurrent(exception, io.now))
  for (const { rule, path: about = 'the image', expires } of ended) {
    await io.writeErr(
      `warning: the exception for ${rule} of ${about} ended on ${expires} and does not count\n`,
    )
  }
  return all.filter((exception) => isCurrent(exception, io.now))
}
