import { defineConfig } from 'rolldown'
import assay, { builtinsWithoutNamespace } from '../rolldown.config.ts'

/** Peers that run what is shipped: one file, as the CLI is. */
export default defineConfig({
  input: { 'verified-pull': 'bench/peers/verified-pull.ts' },
  platform: 'node',
  ...(!Array.isArray(assay) && assay.resolve !== undefined && { resolve: assay.resolve }),
  plugins: [builtinsWithoutNamespace],
  output: { format: 'esm', minify: true },
})
