import type { Mutant } from './mutant.ts'

const policy = 'packages/core/src/policy'
const gate = 'packages/core/src/gate'
const fetching = { file: `${gate}/fetch-program.ts`, test: `${gate}/fetch-program.test.ts` }
const scene = 'test/e2e/gate-remote-programs.test.ts'
const cli = 'test/e2e/cli-gate-remote-programs.test.ts'

/** Programs that policies name by URL. */
export const mutants: readonly Mutant[] = [
  {
    id: 'program-of-any-digest',
    ...fetching,
    find: 'if (got !== program.sha256)',
    replace: "if (got === '')",
  },
  {
    id: 'program-from-an-error',
    ...fetching,
    find: 'if (response.status !== 200)',
    replace: 'if (response.status < 200)',
  },
  {
    id: 'program-without-limit',
    ...fetching,
    find: 'return await readAll(response.body, { limit: maxProgramLength,',
    replace: 'return await readAll(response.body, { limit: maxProgramLength * 2,',
  },
  {
    id: 'program-after-the-run',
    ...fetching,
    find: 'AbortSignal.any([end.signal, signal])',
    replace: 'end.signal',
    test: cli,
  },
  {
    id: 'program-in-any-time',
    ...fetching,
    find: 'signal === undefined ? end.signal :',
    replace: 'signal === undefined ? new AbortController().signal :',
  },
  { id: 'program-of-any-bytes', ...fetching, find: 'fatal: true', replace: 'fatal: false' },
  {
    id: 'program-missing-and-met-by-another-authority',
    file: `${policy}/evaluate-policy.ts`,
    find: "outcome.status === 'met' ? missingProgram(policy, facts) : undefined",
    replace: "outcome.status === 'met' && policy.name === '' ? missingProgram(policy, facts) : undefined",
    test: scene,
  },
  {
    id: 'program-missing-and-denied-not-said',
    file: `${policy}/evaluate-policy.ts`,
    find: "outcome.status === 'met' ? missingProgram",
    replace: "outcome.status !== 'undecided' ? missingProgram",
    test: scene,
  },
  {
    id: 'program-url-told-with-its-token',
    file: `${policy}/remote-program.ts`,
    find: 'on: redact(url) }',
    replace: 'on: url }',
    test: cli,
  },
  {
    id: 'program-missing-and-remembered',
    file: `${gate}/memory/decision-memory.ts`,
    find: ' || (await lacksProgram(applying, io))',
    replace: '',
    test: scene,
  },
  {
    id: 'program-of-a-static-policy-not-asked-for',
    file: `${gate}/facts.ts`,
    find: 'facts: { ...facts, ...programs } }',
    replace: 'facts }',
    test: cli,
  },
  {
    id: 'program-asked-for-by-each-image',
    file: `${gate}/program-facts.ts`,
    find: 'answers.get(key) ?? ask(program)',
    replace: 'ask(program)',
    test: cli,
  },
  {
    id: 'program-asked-for-offline',
    file: 'packages/cli/src/gate-io.ts',
    find: 'if (!isOffline)',
    replace: 'if (!isOffline || program.url !== "")',
    test: cli,
  },
  {
    id: 'program-over-http-from-anywhere',
    file: `${policy}/parse/parse-program.ts`,
    find: "url?.protocol === 'http:' && isLoopbackHost(url.hostname)",
    replace: "url?.protocol === 'http:'",
    test: `${policy}/parse-policy-file.test.ts`,
  },
  {
    id: 'program-of-a-recording-not-checked',
    file: 'packages/core/src/policy-test/open-recording.ts',
    find: 'checkDigest(path, digest, digestOf(bytes))',
    replace: 'digestOf(bytes)',
    test: 'test/e2e/cli-record-programs.test.ts',
  },
  {
    id: 'program-of-another-digest-replayed',
    file: 'packages/core/src/policy-test/recorded-programs.ts',
    find: 'programs.get(`sha256:${sha256}`)',
    replace: '[...programs.values()][0] ?? sha256',
    test: 'test/e2e/cli-record-programs.test.ts',
  },
]
