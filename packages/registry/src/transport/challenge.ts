/** One challenge of a `WWW-Authenticate` header (RFC 9110 §11.6.1). */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string
  /** Names in lower case; of a name given twice, the first counts. */
  readonly parameters: ReadonlyMap<string, string>
}

const maxHeader = 16 * 1024
const maxChallenges = 8

// A word, and its value if it is a parameter: `name=token` or `name="quoted \" text"`.
const item =
  /[ \t,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~0-9A-Za-z/:=-]+)))?/y

/** Reads the challenges of a header, at most eight; what is not understood ends the list. */
export function parseChallenges(header: string): readonly Challenge[] {
  if (header.length > maxHeader) return []
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  item.lastIndex = 0
  for (let found = item.exec(header); found !== null; found = item.exec(header)) {
    const [, word = '', quoted, plain] = found
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain
    const current = challenges.at(-1)
    if (value === undefined) {
      if (challenges.length === maxChallenges) break
      challenges.push({ scheme: word.toLowerCase(), parameters: new Map() })
    } else if (current?.parameters.has(word.toLowerCase()) === false) {
      current.parameters.set(word.toLowerCase(), value)
    }
  }
  return challenges
}
