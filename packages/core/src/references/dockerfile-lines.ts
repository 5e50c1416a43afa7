/** One instruction of a Dockerfile, its continued lines joined. */
export interface Instruction {
  /** Upper case. */
  readonly keyword: string
  readonly rest: string
  /** Of its first line, from 1. */
  readonly line: number
  readonly column: number
  /** Where `rest` begins in the file; undefined where lines were joined. */
  readonly offset: number | undefined
}

export interface DockerfileLines {
  readonly instructions: readonly Instruction[]
  /** `# name=value` before everything else. */
  readonly directives: readonly (Instruction & { readonly value: string })[]
  /** Lines inside of here-documents that look like instructions that name images. */
  readonly doubtful: readonly number[]
  /** A here-document that does not end, by the line that begins it. */
  readonly open: number | undefined
}

interface Line {
  readonly text: string
  readonly number: number
  readonly offset: number
}

/** Splits a Dockerfile into instructions (docs.docker.com/reference/dockerfile): continuations, comments, here-documents. */
export function dockerfileLines(text: string): DockerfileLines {
  const lines = linesOf(text.replace(/^\uFEFF/, ' '))
  const { directives, escape } = allDirectives(lines)
  const instructions: Instruction[] = []
  const doubtful: number[] = []
  const queue = lines.values()
  for (const first of queue) {
    if (isBlank(first.text)) continue
    const joined = joinedFrom(first, queue, escape)
    const instruction = instructionOf(first, joined)
    instructions.push(instruction)
    for (const end of hereDocuments(instruction)) {
      const body = bodyUntil(end, queue)
      if (body === undefined) return { instructions, directives, doubtful, open: first.number }
      doubtful.push(
        ...body.filter(({ text: inner }) => /^\s*FROM\s/i.test(inner)).map(({ number }) => number),
      )
    }
  }
  return { instructions, directives, doubtful, open: undefined }
}

function linesOf(text: string): readonly Line[] {
  let offset = 0
  return text.split('\n').map((raw, index) => {
    const line = { text: raw.replace(/\r$/, ''), number: index + 1, offset }
    offset += raw.length + 1
    return line
  })
}

function isBlank(text: string): boolean {
  return /^\s*(?:#|$)/.test(text)
}

/** BuildKit passes over a `#!` line, and asks `// syntax=` where `# syntax=` says nothing. */
function allDirectives(written: readonly Line[]): ReturnType<typeof directivesOf> {
  const lines = written[0]?.text.trimStart().startsWith('#!') === true ? written.slice(1) : written
  const own = directivesOf(lines, '#')
  if (own.directives.some(({ keyword }) => keyword === 'syntax')) return own
  return { ...own, directives: [...own.directives, ...directivesOf(lines, '//').directives] }
}

function directivesOf(
  lines: readonly Line[],
  mark: '#' | '//',
): Pick<DockerfileLines, 'directives'> & { readonly escape: string } {
  const directives: (Instruction & { readonly value: string })[] = []
  let escape = '\\'
  for (const { text, number, offset } of lines) {
    const match = /^\s*(#|\/\/)\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/.exec(text)
    const [, found, name = '', value = ''] = match ?? []
    if (found !== mark) break
    const at = text.lastIndexOf(value)
    directives.push({
      keyword: name.toLowerCase(),
      rest: value,
      value,
      line: number,
      column: at + 1,
      offset: offset + at,
    })
    if (name.toLowerCase() === 'escape' && value === '`') escape = value
  }
  return { directives, escape }
}

interface Joined {
  readonly text: string
  readonly lines: number
}

/** A line goes on where it ends in the escape character; comments and empty lines in between do not end it. */
function joinedFrom(first: Line, queue: Iterator<Line>, escape: string): Joined {
  let text = first.text
  let lines = 1
  const continued = new RegExp(`\\${escape}\\s*$`)
  while (continued.test(text)) {
    text = text.replace(continued, '')
    let next = queue.next()
    while (next.done !== true && isBlank(next.value.text)) next = queue.next()
    if (next.done === true) break
    text += next.value.text
    lines += 1
  }
  return { text, lines }
}

function instructionOf(first: Line, { text, lines }: Joined): Instruction {
  const [, indent = '', keyword = '', gap = '', rest = ''] = /^(\s*)(\S+)(\s*)([\s\S]*)$/.exec(text) ?? []
  const before = indent.length + keyword.length + gap.length
  return {
    keyword: keyword.toUpperCase(),
    rest,
    line: first.number,
    column: indent.length + 1,
    offset: lines === 1 ? first.offset + before : undefined,
  }
}

interface HereDocument {
  readonly name: string
  readonly dash: boolean
}

/** Words such as `<<EOF`, `<<-"EOF"` or `3<<EOF`; quoted as a whole they are ordinary words. */
function hereDocuments({ keyword, rest }: Instruction): readonly HereDocument[] {
  if (!['RUN', 'COPY', 'ADD', 'ONBUILD'].includes(keyword)) return []
  const words = rest.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/g) ?? []
  return words.flatMap((word) => {
    const match = /^\d*<<(-?)(["']?)([^<"'\s]+)\2$/.exec(word)
    return match?.[3] === undefined ? [] : [{ name: match[3], dash: match[1] === '-' }]
  })
}

function bodyUntil({ name, dash }: HereDocument, queue: Iterator<Line>): readonly Line[] | undefined {
  const body: Line[] = []
  for (let next = queue.next(); next.done !== true; next = queue.next()) {
    const { text } = next.value
    if ((dash ? text.replace(/^\t+/, '') : text) === name) return body
    body.push(next.value)
  }
  return undefined
}
