import { defineConfig } from 'rolldown'

export default defineConfig({
  input: { assay: 'packages/cli/src/bin.ts' },
  platform: 'node',
  resolve: { conditionNames: ['@assay/source', 'node', 'import', 'default'] },
  output: { dir: 'packages/cli/bundle', format: 'esm', sourcemap: true, cleanDir: true },
})
