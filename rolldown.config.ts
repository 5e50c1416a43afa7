import { defineConfig } from 'rolldown'

export default defineConfig({
  input: {
    assay: 'packages/cli/src/bin.ts',
    // A thread starts from a file of its own, beside the code that starts it.
    'policy-worker': 'packages/core/src/gate/languages/policy-worker.ts',
  },
  platform: 'node',
  resolve: { conditionNames: ['@assay/source', 'node', 'import', 'default'] },
  output: { dir: 'packages/cli/bundle', format: 'esm', sourcemap: true, cleanDir: true },
})
