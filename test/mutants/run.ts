import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { copyTree } from './copy-tree.ts'
import type { Mutant } from './mutant.ts'
import { isGreen, tryMutant } from './try-mutant.ts'

// Takes one guard after the other out of a copy of the tree and prints `id caught`, or `id SURVIVED` where the test
// that is named stayed green. Exit code 1 for a survivor; 2 for an unknown area, a mutant whose text is gone, and a
// test that is red without any mutant.
const machinery = new Set(['run', 'mutant', 'copy-tree', 'try-mutant'])
const areas = (await readdir(import.meta.dirname))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => basename(name, '.ts'))
  .filter((name) => !machinery.has(name))
const wanted = process.argv.slice(2)
const unknown = wanted.filter((area) => !areas.includes(area))
if (unknown.length > 0) {
  process.stderr.write(`no mutants are called ${unknown.join(', ')}; there are ${areas.join(', ')}\n`)
  process.exit(2)
}

const mutants: Mutant[] = []
for (const area of wanted.length > 0 ? wanted : areas) {
  // Every area's module exports its list as `mutants`.
  const module: { readonly mutants: readonly Mutant[] } = await import(
    join(import.meta.dirname, `${area}.ts`)
  )
  mutants.push(...module.mutants)
}

await using tree = await copyTree()
let code = 0
for (const [test, own] of Map.groupBy(mutants, (mutant) => mutant.test)) {
  if (!(await isGreen(tree.root, test))) {
    process.stdout.write(`${test} is red without a mutant\n`)
    code = 2
    continue
  }
  for (const mutant of own) {
    const fate = await tryMutant(tree.root, mutant)
    process.stdout.write(`${mutant.id} ${fate}\n`)
    if (fate === 'STALE') code = 2
    if (fate === 'SURVIVED') code = Math.max(code, 1)
  }
}
process.exitCode = code
