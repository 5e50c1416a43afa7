import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'

/** Vitest's global setup of the e2e project: the CLI that the tests run is the one of these sources. */
export function setup(): void {
  if (process.env['ASSAY_CLI'] !== undefined) return
  const root = resolve(import.meta.dirname, '../..')
  execFileSync(
    process.execPath,
    [resolve(root, 'node_modules/rolldown/bin/cli.mjs'), '-c', '--logLevel', 'warn'],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
}
