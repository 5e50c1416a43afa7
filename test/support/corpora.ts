import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { missing } from './missing.ts'

/**
 * Where a corpus lies (below `ASSAY_CORPORA`), or undefined where it is missing. Under `CI=true` a missing corpus
 * is a failure, elsewhere a reason to skip.
 */
export function corpus(name: string): string | undefined {
  const root = process.env['ASSAY_CORPORA']
  const folder = root === undefined ? undefined : join(root, name)
  if (folder !== undefined && existsSync(folder)) return folder
  missing(`the corpus ${name}`, 'set ASSAY_CORPORA')
  return undefined
}
