import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { defineConfig } from 'rolldown'

const cliRequire = createRequire(resolve(import.meta.dirname, 'packages/cli/package.json'))

export default defineConfig({
  input: {
    assay: 'packages/cli/src/bin.ts',
    // A thread starts from a file of its own, beside the code that starts it.
    'policy-worker': 'packages/core/src/gate/languages/policy-worker.ts',
  },
  platform: 'node',
  resolve: {
    conditionNames: ['@assay/source', 'node', 'import', 'default'],
    // node-fetch, below oci-registry-client, asks for Node's own punycode, whose use prints a warning.
    alias: { punycode: cliRequire.resolve('punycode/') },
  },
  output: { dir: 'packages/cli/bundle', format: 'esm', sourcemap: true, cleanDir: true },
})
