import { spawn } from 'node:child_process'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const cli = resolve(root, 'packages/cli/bundle/assay.js')
const bold = process.stdout.isTTY
  ? (text: string): string => `\u001b[1m${text}\u001b[0m`
  : (text: string): string => text

/** A heading above the commands of one step. */
export function say(text: string): void {
  process.stdout.write(`\n${bold(`— ${text}`)}\n`)
}

/** What the reader of the quickstart has to set before a command, as it is printed. */
export type Environment = Readonly<Record<string, string>>

/**
 * Prints an assay command as a reader would type it, runs it, and shows its output.
 * @throws Error when the exit code is not the expected one: the quickstart must not tell fairy tales
 */
export async function assay(
  args: readonly string[],
  options: { readonly env?: Environment; readonly exitCode?: number } = {},
): Promise<void> {
  const { env = {}, exitCode = 0 } = options
  const settings = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)} `)
  process.stdout.write(
    `\n${bold(`$ ${settings.join('')}npx --yes pnpm@12 --silent assay ${args.map(quoted).join(' ')}`)}\n`,
  )
  const code = await run(process.execPath, [cli, ...args], env)
  if (code !== exitCode) throw new Error(`the command above left with ${code}, expected was ${exitCode}`)
  if (exitCode !== 0) process.stdout.write(`(exit code ${code}, as it should be)\n`)
}

/** Builds the CLI bundle from the sources, unless it is newer than they are. */
export async function buildCli(): Promise<void> {
  const code = await run('sh', [resolve(root, 'packages/cli/run.sh'), '--version'], {})
  if (code !== 0) throw new Error('the CLI could not be built')
}

function run(command: string, args: readonly string[], env: Environment): Promise<number | null> {
  return new Promise((done, fail) => {
    const child = spawn(command, [...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.on('error', fail)
    child.on('close', done)
  })
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
