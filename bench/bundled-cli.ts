import { resolve } from 'node:path'

/** The bundled CLI: `ASSAY_CLI`, or the one in this tree. */
export const bundledCli: string =
  process.env['ASSAY_CLI'] ?? resolve(import.meta.dirname, '../packages/cli/bundle/assay.js')
