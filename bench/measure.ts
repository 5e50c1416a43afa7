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

/**
 * The same for the processor time of both, children included: what else the machine does weighs less on it than on wall
 * time.
 */
export function pairedCpuRatio(ours: TimedCommand, theirs: TimedCommand, runs: number): number {
  const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] }
  for (let run = 0; run <= runs; run += 1) {
    // The first of each only warms up.
    const [a, b] = [cpuTime(ours), cpuTime(theirs)]
    if (run === 0) continue
    times.ours.push(a)
    times.theirs.push(b)
  }
  return median(times.ours) / median(times.theirs)
}

/** Seconds of processor time of one process and its children, user and system. */
function cpuTime(timed: TimedCommand): number {
  const script = 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>&1'
  const result = spawnSync('bash', ['-c', script, 'bash', timed.command, ...timed.args], {
    env: { ...process.env, ...timed.env },
    encoding: 'utf8',
  })
  if (result.status !== (timed.exitCode ?? 0))
    throw new Error(`${timed.command} ${timed.args.join(' ')} exited with ${result.status}`)
  const [user, system] = result.stderr.trim().split(' ').map(Number)
  return (user ?? Number.NaN) + (system ?? Number.NaN)
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

/** The value that this part of all values does not exceed. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** What was measured besides the number that has a floor. */
export function note(text: string): void {
  process.stdout.write(`# ${text}\n`)
}
