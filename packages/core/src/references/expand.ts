/** The text with its variables filled in, or the one that has no value. */
export type Expansion =
  | { readonly status: 'plain' }
  | { readonly status: 'expanded'; readonly text: string }
  | { readonly status: 'unknown'; readonly variable: string }

export type Variables = (name: string) => string | undefined

const variable =
  /\$(?:(?<escaped>\$)|(?<bare>[A-Za-z_]\w*)|\{(?<braced>[A-Za-z_]\w*)(?:(?<operator>:?[-+?])(?<word>[^{}]*))?\}|.?)/g

/**
 * Fills in `$NAME`, `${NAME}` and the forms with `-`, `:-`, `+`, `:+`, `?` and `:?`, as compose and Dockerfiles
 * have them. A variable without a value is unknown, never empty: what an empty one would lead to is somebody's mistake.
 */
export function expand(text: string, variables: Variables): Expansion {
  if (!text.includes('$')) return { status: 'plain' }
  let filled = ''
  let at = 0
  for (const match of text.matchAll(variable)) {
    const { escaped, bare, braced, operator, word = '' } = match.groups ?? {}
    const name = bare ?? braced
    const value = escaped ?? (name === undefined ? undefined : filledIn(variables(name), operator, word))
    if (value === undefined) return { status: 'unknown', variable: name ?? match[0] }
    filled += text.slice(at, match.index) + value
    at = match.index + match[0].length
  }
  return { status: 'expanded', text: filled + text.slice(at) }
}

function filledIn(value: string | undefined, operator: string | undefined, word: string): string | undefined {
  // A word with a variable of its own is more than this reads.
  if (word.includes('$')) return undefined
  const isSet = value !== undefined && (operator?.startsWith(':') !== true || value !== '')
  if (operator?.endsWith('-') === true) return isSet ? value : word
  if (operator?.endsWith('+') === true) return isSet ? word : ''
  return isSet ? value : undefined
}
