import { dirname, resolve } from 'node:path'
import {
  describeProblem,
  openRecording,
  parsePolicyTests,
  runPolicyTest,
  type CaseResult,
  type LanguageRuntime,
  type PolicyFile,
  type PolicyTest,
  type Recording,
} from '@assay/core'
import { redact } from '@assay/registry'
import type { Io } from './io.ts'
import { policySetOf, readPolicies } from './options/policies.ts'
import { readNamedFile } from './read-file.ts'
import { filesOf } from './reference-files.ts'
import { UsageError } from './usage-error.ts'

/**
 * Reads the PolicyTest documents of files and folders.
 * @throws UsageError UNREADABLE_FILE, INVALID_POLICY where a document has problems, USAGE where there is no test
 */
export async function readPolicyTests(paths: readonly string[], io: Io): Promise<readonly PolicyTest[]> {
  const names = [
    ...new Set(
      (
        await Promise.all(paths.map((path) => filesOf(path, { flag: 'policy test', kind: /\.ya?ml$/i })))
      ).flat(),
    ),
  ]
  const files = await Promise.all(
    names.map(async (name) => {
      const bytes = await readNamedFile(name, 'policy test')
      return parsePolicyTests(Buffer.from(bytes).toString('utf8'), name)
    }),
  )
  const [first, ...others] = files.flatMap(({ problems }) => problems)
  if (first !== undefined) {
    for (const problem of others) await io.writeErr(`problem: ${redact(describeProblem(problem))}\n`)
    throw new UsageError('INVALID_POLICY', describeProblem(first), {
      ...(others.length > 0 && { got: `${others.length + 1} problems, the others above` }),
    })
  }
  const tests = files.flatMap((file) => file.tests)
  if (tests.length > 0) return tests
  // Nothing that ran is nothing that passed.
  throw new UsageError('USAGE', 'there is no test', {
    expected: 'documents of the kind PolicyTest, apiVersion assay.dev/v1alpha1',
    got: `${names.length} files without one`,
  })
}

/**
 * Runs tests; each recording is read and checked once.
 * @throws UsageError UNREADABLE_FILE, INVALID_POLICY where a test's policies cannot be read
 */
export async function runPolicyTests(
  tests: readonly PolicyTest[],
  languages: LanguageRuntime,
  io: Io,
): Promise<readonly CaseResult[]> {
  const recordings = new Map<string, Promise<Recording>>()
  const results: CaseResult[] = []
  for (const test of tests) {
    const folder = dirname(test.file)
    // oxlint-disable-next-line no-await-in-loop -- the results keep the order of the files
    const read = await policiesOf(test, folder)
    const open = async (path: string): Promise<Recording> => {
      const where = resolve(folder, path)
      const opening = recordings.get(where) ?? openRecording(where)
      recordings.set(where, opening)
      return await opening
    }
    results.push(
      // oxlint-disable-next-line no-await-in-loop -- as above
      ...(await runPolicyTest({
        test,
        set: policySetOf(read, test.noMatch),
        trustRoots: read.trustRoots,
        languages,
        open,
        signal: io.signal,
      })),
    )
  }
  return results
}

async function policiesOf(test: PolicyTest, folder: string): Promise<PolicyFile> {
  const paths = test.policies.map((path) => resolve(folder, path))
  const read = await readPolicies(paths, test.file)
  const [first] = read.problems
  if (first === undefined) return read
  throw new UsageError('INVALID_POLICY', describeProblem(first), {
    on: test.file,
    ...(read.problems.length > 1 && { got: `${read.problems.length} problems` }),
    hint: 'assay policy lint says more',
  })
}
