import { defineConfig } from 'vitest/config'
import { PlainReporter } from './test/plain-reporter.ts'

const conditions = ['@assay/source', 'node', 'default']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['@assay/source'] } },
  test: {
    testTimeout: 30_000,
    reporters: ['default', new PlainReporter()],
    projects: [
      { extends: true, test: { name: 'unit', include: ['packages/*/src/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'test/services/**'],
          globalSetup: ['test/support/build-cli.ts'],
        },
      },
    ],
  },
})
