import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bundledCli } from '../support/cli.ts'

const folder = dirname(bundledCli)

/** A chunk and all that it imports before it runs. */
function closure(names: readonly string[], seen: Set<string> = new Set()): ReadonlySet<string> {
  for (const name of names) {
    if (seen.has(name)) continue
    seen.add(name)
    const text = readFileSync(join(folder, name), 'utf8')
    closure(
      [...text.matchAll(/\bfrom\s*["'`]\.\/([^"'`]+\.js)["'`]/g)].map(([, found = '']) => found),
      seen,
    )
  }
  return seen
}

/** The chunk that a chunk loads when it needs it, by the beginning of its name. */
function loadedBy(name: string, wanted: string): string {
  const text = readFileSync(join(folder, name), 'utf8')
  const found = new RegExp(`import\\(["'\`]\\./(${wanted}-[\\w-]{8}\\.js)["'\`]\\)`).exec(text)?.[1]
  if (found === undefined) throw new Error(`${name} loads no ${wanted}`)
  return found
}

describe('what a command loads', () => {
  it('assay verify loads its own code and commander, and no parser or engine that it does not use', () => {
    const run = loadedBy('assay.js', 'start')
    const verify = loadedBy(run, 'verifying')
    const size = [...closure([run, verify])].reduce(
      (sum, name) => sum + readFileSync(join(folder, name)).byteLength,
      0,
    )
    // YAML alone is 113 kB, RE2 150 kB: either of them would be seen here.
    expect(size).toBeLessThan(260_000)
  })
})
