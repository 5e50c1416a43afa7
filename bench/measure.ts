import { spawnSync } from 'node:child_process'

/** A whole process to time. */
export interface TimedCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** What the process must exit with; a wrong answer is no measurement. */
  readonly exitCode?: number
}

/** Ratio of the two medians of wall time, ours over theirs, in alternating runs so that both meet the same noise. */
export function pairedRatio(ours: TimedCommand, theirs: TimedCommand, runs: number): number {
  const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] }
  wallTime(ours)
  wallTime(theirs)
  for (let run = 0; run < runs; run += 1) {
    times.ours.push(wallTime(ours))
    times.theirs.push(wallTime(theirs))
  }
  return median(times.ours) / median(times.theirs)
}

/** Milliseconds from start to exit of one process. */
export function wallTime(timed: TimedCommand): number {
  const start = process.hrtime.bigint()
  const result = spawnSync(timed.command, [...timed.args], {
    env: { ...process.env, ...timed.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
  const elapsed = Number(process.hrtime.bigint() - start) / 1e6
  if (result.status !== (timed.exitCode ?? 0)) {
    throw new Error(
      `${timed.command} ${timed.args.join(' ')} exited with ${result.status}: ${result.stderr.toString()}`,
    )
  }
  return elapsed
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}
