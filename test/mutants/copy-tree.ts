import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const left = new Set([
  'node_modules',
  '.git',
  'packages/cli/bundle',
  'packages/cli/dist',
  'packages/core/dist',
])

export interface TreeCopy extends AsyncDisposable {
  readonly root: string
}

/**
 * A throw-away copy of the working tree. The installed packages are shared with it, the workspace's own packages are
 * the copy's: links between them are relative.
 */
export async function copyTree(): Promise<TreeCopy> {
  const copy = await mkdtemp(join(tmpdir(), 'assay-mutants-'))
  await cp(root, copy, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !left.has(relative(root, source)),
  })
  await mkdir(join(copy, 'node_modules'))
  for (const name of await readdir(join(root, 'node_modules'))) {
    // Caches name files by where they are; only the store and the programs are shared.
    if (name.startsWith('.') && name !== '.pnpm' && name !== '.bin') continue
    const [from, to] = [join(root, 'node_modules', name), join(copy, 'node_modules', name)]
    await (name === '@assay' ? cp(from, to, { recursive: true, verbatimSymlinks: true }) : symlink(from, to))
  }
  return { root: copy, [Symbol.asyncDispose]: () => rm(copy, { recursive: true, force: true }) }
}
