import {
  policyTestDocument,
  policyTestJunit,
  renderPolicyTests,
  workerLanguages,
  type CaseResult,
} from '@assay/core'
import { defineCommand, type Mount } from '../define-command.ts'
import type { ExitCode } from '../exit-code.ts'
import { jsonText } from '../json-text.ts'
import { languageOptions } from '../options/languages.ts'
import { outputOption } from '../options/output.ts'

/** `assay policy test`. */
export const policyTest: Mount = defineCommand({
  name: 'test',
  description:
    'Runs PolicyTest documents: asks the gate about recorded images, with nothing but what was recorded, and compares the answers with those that are expected. Exit code 0: all as expected; 1: some are not; 3: a recording cannot be used.',
  arguments: [{ name: '<path...>', description: 'files or folders with PolicyTest documents (YAML)' }],
  examples: [
    { what: 'All tests of a folder', line: 'assay policy test policies/tests' },
    { what: 'For a build server', line: 'assay policy test --output junit policies/tests' },
  ],
  groups: { languages: languageOptions, output: outputOption(['text', 'json', 'junit']) },
  run: async (io, paths, { languages: options, output }) => {
    const { readPolicyTests, runPolicyTests } = await import('../policy-test-files.ts')
    const tests = await readPolicyTests(paths, io)
    const languages = workerLanguages(options)
    const results = await runPolicyTests(tests, languages, io).finally(() => languages.close())
    switch (output.format) {
      case 'text':
        await io.writeOut(renderPolicyTests(results, output))
        break
      case 'json':
        await io.writeOut(jsonText(policyTestDocument(results)))
        break
      case 'junit':
        await io.writeOut(policyTestJunit(results))
    }
    return exitOf(results)
  },
})

/** A certain difference outranks "could not tell". */
function exitOf(results: readonly CaseResult[]): ExitCode {
  if (results.some(({ status }) => status === 'failed')) return 1
  return results.some(({ status }) => status === 'broken') ? 3 : 0
}
