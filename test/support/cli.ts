import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** The bundled CLI: the test run's global setup builds it, or `ASSAY_CLI` names one that is built already. */
export const bundledCli: string =
  process.env['ASSAY_CLI'] ?? resolve(import.meta.dirname, '../../packages/cli/bundle/assay.js')

export interface CliRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly stdin?: string
  /** Words in front of the command: `['unshare', '-n']`. */
  readonly wrapper?: readonly string[]
  /** Another CLI file than the bundle in this tree. */
  readonly cli?: string
  /** Milliseconds until the process is killed; its code is then null. */
  readonly deadline?: number
  /** When it aborts, the process gets SIGINT, as from ctrl-C. */
  readonly interrupt?: AbortSignal
}

/** A home that is not there, another one each time: no run remembers anything of another. */
function homeless(): string {
  return join(tmpdir(), `assay-no-home-${randomUUID()}`)
}

/** Runs the built CLI as a user would: a process of its own, a clean environment. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const line = [...(options.wrapper ?? []), process.execPath, options.cli ?? bundledCli, ...args]
  return new Promise((done, fail) => {
    const child = spawn(line[0] ?? '', line.slice(1), {
      cwd: options.cwd,
      env: { PATH: process.env['PATH'], HOME: homeless(), ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.deadline ?? 60_000,
      killSignal: 'SIGKILL',
    })
    options.interrupt?.addEventListener('abort', () => child.kill('SIGINT'), { once: true })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.stdin.on('error', () => undefined) // a CLI that never reads its stdin may be gone before we wrote
    child.stdin.end(options.stdin ?? '')
    child.on('error', fail)
    child.on('close', (code) =>
      done({
        code,
        stdout: Buffer.concat(out).toString('utf8'),
        stderr: Buffer.concat(err).toString('utf8'),
      }),
    )
  })
}
