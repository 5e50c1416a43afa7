import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mutant } from './mutant.ts'

/** Milliseconds after which a test that a mutant made hang counts as red. */
const patience = 180_000

/** What became of a mutant; `stale` means that its text no longer stands exactly once in its file. */
export type MutantFate = 'caught' | 'SURVIVED' | 'STALE'

/** Applies a mutant in the tree, runs its test there, and puts the file back. */
export async function tryMutant(tree: string, mutant: Mutant): Promise<MutantFate> {
  const path = join(tree, mutant.file)
  const source = await readFile(path, 'utf8')
  const [before, after, ...more] = source.split(mutant.find)
  if (before === undefined || after === undefined || more.length > 0) return 'STALE'
  await writeFile(path, `${before}${mutant.replace}${after}`)
  try {
    return (await isGreen(tree, mutant.test)) ? 'SURVIVED' : 'caught'
  } finally {
    await writeFile(path, source)
  }
}

/** Runs one test file of the tree. The CLI is built for those only that run it: it takes longer than most tests. */
export async function isGreen(tree: string, test: string): Promise<boolean> {
  const source = await readFile(join(tree, test), 'utf8')
  const runsCli = /support\/(?:cli|workspace|gate-scene)\b/.test(source)
  return await new Promise((done, fail) => {
    const child = spawn(
      process.execPath,
      [join(tree, 'node_modules/vitest/vitest.mjs'), 'run', '--bail', '1', test],
      {
        cwd: tree,
        // CI: what a test cannot find is a failure then, not a skip that lets a mutant live.
        env: { ...process.env, CI: 'true', ...(!runsCli && { ASSAY_CLI: 'none' }) },
        stdio: 'ignore',
        timeout: patience,
        killSignal: 'SIGKILL',
      },
    )
    child.on('error', fail)
    child.on('close', (code) => done(code === 0))
  })
}
