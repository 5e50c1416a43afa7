import { Command, type Option } from 'commander'
import type { ExitCode } from './exit-code.ts'
import type { Io } from './io.ts'

/** Flags as commander leaves them; nothing past an option group's `parse` sees this type. */
export type RawOptions = Readonly<Record<string, unknown>>

/** The flags that mean one thing together, and how they become one domain value. */
export interface OptionGroup<Value> {
  readonly flags: () => readonly Option[]
  /** @throws UsageError when the flags contradict each other or cannot be read */
  readonly parse: (raw: RawOptions, io: Io) => Value | Promise<Value>
}

type Groups = Readonly<Record<string, OptionGroup<unknown>>>
type Parsed<G extends Groups> = { readonly [K in keyof G]: Awaited<ReturnType<G[K]['parse']>> }

/** One command: what it is called, how it is used, and what it does with parsed options. */
export interface CommandSpec<G extends Groups> {
  readonly name: string
  readonly aliases?: readonly string[]
  /** commander's notation: `<image>`, `[path]`, `<image...>`. */
  readonly arguments: readonly { readonly name: string; readonly description: string }[]
  readonly description: string
  /** Whole command lines with what they do; shown in the help, which must have some. */
  readonly examples: readonly [Example, ...Example[]]
  readonly groups: G
  run(io: Io, args: readonly string[], options: Parsed<G>): Promise<ExitCode>
}

export interface Example {
  readonly what: string
  readonly line: string
}

/** Runs once the command line was read. */
export type Finish = (code: ExitCode) => void

/** A command that can be mounted on the program, or under a parent command. */
export type Mount = (io: Io, finish: Finish) => Command

/** Turns a specification into a command; `finish` receives its exit code. */
export function defineCommand<G extends Groups>(spec: CommandSpec<G>): Mount {
  return (io, finish) => {
    const command = new Command(spec.name).description(spec.description).aliases([...(spec.aliases ?? [])])
    for (const argument of spec.arguments) command.argument(argument.name, argument.description)
    for (const group of Object.values(spec.groups))
      for (const option of group.flags()) command.addOption(option)
    command.addHelpText('after', examplesText(spec.examples))
    command.action(async () => {
      const options = await parseGroups(spec.groups, command.opts(), io)
      finish(await spec.run(io, command.args, options))
    })
    return command
  }
}

/** A command that only holds others: `assay keys generate`. */
export function defineParent(
  about: { readonly name: string; readonly description: string; readonly examples: readonly Example[] },
  children: readonly Mount[],
): Mount {
  return (io, finish) => {
    const parent = new Command(about.name).description(about.description)
    for (const mount of children) parent.addCommand(mount(io, finish))
    return parent.addHelpText('after', examplesText(about.examples))
  }
}

async function parseGroups<G extends Groups>(groups: G, raw: RawOptions, io: Io): Promise<Parsed<G>> {
  const values: Record<string, unknown> = {}
  for (const [name, group] of Object.entries(groups)) values[name] = await group.parse(raw, io)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every group was parsed under its own name just above
  return values as Parsed<G>
}

function examplesText(examples: readonly Example[]): string {
  return `\nExamples:\n${examples.map(({ what, line }) => `  # ${what}\n  ${line}`).join('\n\n')}\n`
}
