/** A flag of a Dockerfile instruction: `--name=value`, its quotes and escapes taken away. */
export interface BuilderFlag {
  readonly name: string
  readonly value: string
}

/**
 * The flags before the arguments of an instruction, as BuildKit reads them: quotes may stand anywhere in a word, a
 * backslash takes the next letter as it is, inside of quotes, too.
 */
export function builderFlags(text: string): readonly BuilderFlag[] {
  const flags: BuilderFlag[] = []
  for (const [word] of text.matchAll(/(?:\\[^]|"(?:\\[^]|[^"\\])*"?|'(?:\\[^]|[^'\\])*'?|[^\s"'\\])+/g)) {
    const bare = withoutQuotes(word)
    if (!bare.startsWith('--') || bare === '--') break
    const equals = bare.indexOf('=')
    const end = equals === -1 ? bare.length : equals
    flags.push({ name: bare.slice(2, end), value: bare.slice(end + 1) })
  }
  return flags
}

/** The `from` of a `--mount`: fields of CSV, whose keys are read in lower case; the last one counts. */
export function mountSource(value: string): string | undefined {
  let source: string | undefined
  for (const [, quoted, bare = ''] of value.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    const field = quoted === undefined ? bare : quoted.replaceAll('""', '"')
    const equals = field.indexOf('=')
    if (equals !== -1 && field.slice(0, equals).trim().toLowerCase() === 'from')
      source = field.slice(equals + 1)
  }
  return source
}

function withoutQuotes(word: string): string {
  let text = ''
  let quote = ''
  for (let at = 0; at < word.length; at += 1) {
    const letter = word.charAt(at)
    if (letter === '\\') {
      at += 1
      text += word.charAt(at)
    } else if (quote === letter) quote = ''
    else if (quote === '' && (letter === '"' || letter === "'")) quote = letter
    else text += letter
  }
  return text
}
