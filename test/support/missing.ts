const said = new Set<string>()

/**
 * Something that a test needs is not here: a failure in CI, elsewhere a reason to skip that is said aloud, once a
 * file.
 * @throws Error with CI=true
 */
export function missing(what: string, hint: string): void {
  if (process.env['CI'] === 'true') throw new Error(`${what} is missing, and CI=true: ${hint}`)
  if (said.has(what)) return
  said.add(what)
  process.stderr.write(`${what} is missing, its tests are skipped: ${hint}\n`)
}
