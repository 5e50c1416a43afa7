import { defineConfig, mergeConfig } from 'vitest/config'
import base from './vitest.config.ts'

/** The tests against services that are built from source: by hand, and in the slow tier. */
export default mergeConfig(
  { ...base, test: { ...base.test, projects: undefined } },
  defineConfig({
    test: {
      include: ['test/services/**/*.test.ts'],
      globalSetup: ['test/support/build-cli.ts'],
      testTimeout: 120_000,
    },
  }),
)
