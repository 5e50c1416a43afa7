import type { Span } from '../policy/parse/located.ts'
import { builderFlags, mountSource } from './builder-flags.ts'
import type { Collector, Spot } from './collector.ts'
import { dockerfileLines, type Instruction } from './dockerfile-lines.ts'
import { expand, type Variables } from './expand.ts'

/** The largest Dockerfile, in characters. */
const maxLength = 1024 * 1024

/**
 * Collects the images that a build pulls: of `FROM` (stages and `scratch` are none), of `COPY --from` and
 * `RUN --mount=…,from=`, and the frontend of `# syntax=`. `buildArgs` answers for `--build-arg`.
 */
export function collectDockerfile(text: string, collector: Collector, buildArgs: Variables): void {
  const start: Spot = { at: { line: 1, column: 1 }, path: 'Dockerfile' }
  if (text.length > maxLength) {
    collector.problem(start, `the file has ${text.length} characters; the limit is ${maxLength}`)
    return
  }
  const { instructions, directives, doubtful, open } = dockerfileLines(text)
  if (open !== undefined)
    collector.problem({ ...start, at: { line: open, column: 1 } }, 'a here-document that does not end')
  for (const line of doubtful)
    collector.remark(
      { at: { line, column: 1 }, path: 'FROM' },
      'this stands in a here-document, and is not looked at',
    )
  const syntax = directives.find(({ keyword }) => keyword === 'syntax')
  const reading: Reading = { collector, args: new Map(), buildArgs, stages: new Set() }
  if (syntax !== undefined) nameImage(syntax.value, { instruction: syntax, path: '# syntax', reading })
  let stages = 0
  for (const instruction of instructions) {
    if (instruction.keyword === 'FROM') {
      collectFrom(instruction, reading)
      stages += 1
    } else if (instruction.keyword === 'ARG' && stages === 0) declare(instruction, reading)
    else collectSources(instruction, { reading, stages })
  }
  if (stages === 0) collector.problem(start, 'no FROM in this file')
}

interface Reading {
  readonly collector: Collector
  /** Of the arguments before the first FROM; undefined where one has no value. */
  readonly args: Map<string, string | undefined>
  readonly buildArgs: Variables
  /** Lower case. */
  readonly stages: Set<string>
}

/** `ARG NAME`, `ARG NAME=default`, several on a line. */
function declare({ rest }: Instruction, { args, buildArgs }: Reading): void {
  for (const word of wordsOf(rest)) {
    const equals = word.text.indexOf('=')
    const name = equals === -1 ? word.text : word.text.slice(0, equals)
    const written = equals === -1 ? undefined : unquoted(word.text.slice(equals + 1))
    const expansion = written === undefined ? undefined : expand(written, (inner) => args.get(inner))
    const fallback =
      expansion?.status === 'expanded' ? expansion.text : expansion?.status === 'plain' ? written : undefined
    args.set(name, buildArgs(name) ?? fallback)
  }
}

function collectFrom(instruction: Instruction, reading: Reading): void {
  const words = wordsOf(instruction.rest).filter(({ text }) => !text.startsWith('--'))
  const [image, as, stage] = words
  if (image === undefined) {
    reading.collector.problem({ at: instruction, path: 'FROM' }, 'FROM without an image')
    return
  }
  if (words.length > 1 && (words.length !== 3 || as?.text.toUpperCase() !== 'AS')) {
    reading.collector.problem({ at: instruction, path: 'FROM' }, 'FROM takes an image, and AS with a name')
    return
  }
  // The base is looked up before the stage gets its name.
  if (image.text !== 'scratch' && !reading.stages.has(image.text.toLowerCase()))
    nameImage(image.text, { instruction, path: 'FROM', reading, start: image.start })
  if (as?.text.toUpperCase() === 'AS' && stage !== undefined) reading.stages.add(stage.text.toLowerCase())
}

/** Other places that name an image: a stage by its name or number is none. */
function collectSources(
  instruction: Instruction,
  { reading, stages }: { readonly reading: Reading; readonly stages: number },
): void {
  const { keyword, rest } = unwrapped(instruction)
  if (!['COPY', 'ADD', 'RUN'].includes(keyword)) return
  for (const { name, value } of builderFlags(rest)) {
    const source = name === 'from' ? value : name === 'mount' ? mountSource(value) : undefined
    if (source === undefined || source === '' || reading.stages.has(source.toLowerCase())) continue
    if (/^\d+$/.test(source) && Number(source) < stages) continue
    nameImage(source, { instruction, path: `${keyword} --${name}`, reading, start: undefined })
  }
}

function unwrapped(instruction: Instruction): Pick<Instruction, 'keyword' | 'rest'> {
  if (instruction.keyword !== 'ONBUILD') return instruction
  const [, keyword = '', rest = ''] = /^(\S+)\s*([\s\S]*)$/.exec(instruction.rest) ?? []
  return { keyword: keyword.toUpperCase(), rest }
}

interface Naming {
  readonly instruction: Instruction
  readonly path: string
  readonly reading: Reading
  /** Where the name begins in the instruction's rest; undefined where it cannot be replaced there. */
  readonly start?: number | undefined
}

function nameImage(text: string, { instruction, path, reading, start }: Naming): void {
  const { collector, args } = reading
  const spot = { at: { line: instruction.line, column: instruction.column }, path }
  const bare = unquoted(text)
  const expansion = expand(bare, (variable) => args.get(variable))
  if (expansion.status === 'unknown') {
    const message = `the image depends on ${expansion.variable}, which has no value here`
    collector.unresolved(text, spot, {
      message,
      hint: `--build-arg ${expansion.variable}=…, or a default for its ARG`,
    })
  } else if (expansion.status === 'expanded') collector.image(expansion.text, spot)
  else {
    const span = bare === text ? spanOf(instruction, start, text) : undefined
    collector.image(bare, spot, span === undefined ? {} : { span })
  }
}

function spanOf({ offset }: Instruction, start: number | undefined, text: string): Span | undefined {
  if (offset === undefined || start === undefined) return undefined
  return { start: offset + start, end: offset + start + text.length }
}

interface Word {
  readonly text: string
  readonly start: number
}

function wordsOf(text: string): readonly Word[] {
  return [...text.matchAll(/(?:"(?:\\.|[^"\\])*"|'[^']*'|[^\s"'])+/g)].map((match) => ({
    text: match[0],
    start: match.index,
  }))
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1$/, '$2')
}
