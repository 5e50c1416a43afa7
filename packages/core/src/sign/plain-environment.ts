/** Where things are and which language is spoken. */
const plain =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TERM|TE?MP|TMPDIR|XDG_\w+|PATHEXT|SystemRoot|ComSpec|USERPROFILE|(?:LOCAL)?APPDATA)$/

type Environment = Readonly<Record<string, string | undefined>>

/** What every program needs of an environment, and the variables that are its own: secrets of others are not among them. */
export function plainEnvironment(env: Environment, own: RegExp): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => plain.test(name) || own.test(name)))
}
