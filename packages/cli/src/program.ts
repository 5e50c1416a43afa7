import { Command, CommanderError } from 'commander'
import { entries } from './command-list.ts'
import { exitCodeOf, type ExitCode } from './exit-code.ts'
import type { Io } from './io.ts'
import { OutputError } from './output-error.ts'
import { programExamples } from './program-examples.ts'
import { errorJson, errorText } from './show-error.ts'
import { version } from './version.ts'

/** Runs one command line and answers with its exit code; everything printed goes through `io`. */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  try {
    return await run(argv, io)
  } catch (error) {
    if (error instanceof OutputError) return 3
    if (error instanceof CommanderError) return exitCodeOf(error)
    if (wantsJson(argv)) await io.writeOut(errorJson(error)).catch(() => undefined)
    await io.writeErr(errorText(error)).catch(() => undefined)
    return exitCodeOf(error)
  }
}

async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = 0
  const written: Promise<void>[] = []
  const program = new Command('assay')
    .description('Inspects, signs, verifies and gates container images, with a reason for every answer.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', programExamples)
  const named = argv.find((argument) => !argument.startsWith('-'))
  for (const entry of entries) {
    if (named === 'help' || entry.name === named || entry.aliases?.includes(named ?? '') === true) {
      const command = (await entry.load())(io, (finished) => (code = finished)).summary(entry.summary)
      program.addCommand(command, { hidden: entry.hidden === true })
    } else {
      program.addCommand(new Command(entry.name).summary(entry.summary), { hidden: entry.hidden === true })
    }
  }
  prepare(program, (text, to) => written.push(to === 'out' ? io.writeOut(text) : io.writeErr(text)))
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } finally {
    await Promise.all(written)
  }
  return code
}

/** Exceptions instead of process.exit, output through io: for the program and everything under it. */
function prepare(command: Command, write: (text: string, to: 'out' | 'err') => void): void {
  command
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => write(text, 'out'),
      writeErr: (text) => write(text, 'err'),
    })
  for (const child of command.commands) prepare(child, write)
}

function wantsJson(argv: readonly string[]): boolean {
  return argv.some(
    (argument, index) =>
      argument === '--output=json' ||
      argument === '-ojson' ||
      ((argument === '--output' || argument === '-o') && argv[index + 1] === 'json'),
  )
}
