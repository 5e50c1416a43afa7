import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { missing } from './missing.ts'

const [, version = ''] =
  /^version=(\S+)$/m.exec(
    readFileSync(resolve(import.meta.dirname, '../../.ci/install-python-tools'), 'utf8'),
  ) ?? []
const folder = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  `assay-interop/spdx-tools-${version}`,
)

/**
 * What the SPDX project's own reader says against a document in a file: whether it parses, and all rules of SPDX 2.3.
 * Empty where it is valid, and where the reader is not at hand, which is said.
 */
export function spdxProblems(file: string): string {
  if (!existsSync(folder)) {
    missing('spdx-tools', 'run .ci/install-python-tools')
    return ''
  }
  const run = spawnSync('python3', ['-m', 'spdx_tools.spdx.clitools.pyspdxtools', '--infile', file], {
    env: { ...process.env, PYTHONPATH: folder },
    encoding: 'utf8',
  })
  return run.status === 0 ? '' : `${run.stdout}${run.stderr}`
}
