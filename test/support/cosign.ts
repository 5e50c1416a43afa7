import { spawn } from 'node:child_process'

export interface Outcome {
  readonly status: number
  readonly output: string
}

/** Runs cosign with nothing of our environment but the password and a home of its own. */
export async function runCosign(
  program: string,
  args: readonly string[],
  options: {
    readonly home: string
    readonly password?: string
    readonly env?: Readonly<Record<string, string>>
  },
): Promise<Outcome> {
  const child = spawn(program, args, {
    cwd: options.home,
    env: {
      HOME: options.home,
      COSIGN_PASSWORD: options.password ?? '',
      PATH: '/usr/bin:/bin',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
  const status = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 255))
  })
  return { status, output: Buffer.concat(chunks).toString() }
}
