import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/**
 * Changes whenever the code changes that reads layers: facts that other code found are not remembered. The names,
 * sizes and times of the files that this code is in, whatever form it is run from.
 */
export async function codeIdentity(): Promise<string> {
  const here = import.meta.dirname
  // From the sources and from their compiled form, a file for each module; from the bundle, all in one folder.
  const root = /[\\/]inspect[\\/]facts$/.test(here) ? resolve(here, '../..') : here
  const names = await readdir(root, { recursive: true })
  const code = names.filter((name) => /\.[jt]s$/.test(name)).toSorted()
  const hash = createHash('sha256')
  const states = await Promise.all(code.map(async (name) => await stat(join(root, name))))
  for (const [at, name] of code.entries())
    hash.update(`${name}\0${states[at]?.size}\0${states[at]?.mtimeMs}\0`)
  return hash.digest('hex')
}
