import type { Mutant } from './mutant.ts'

const sign = (path: string): string => `packages/core/src/sign/${path}.ts`
const leftovers = 'test/attacks/signing-leftovers.test.ts'

/** The guards of what signing knows and nobody else shall, each with the test that fails without it. */
export const mutants: readonly Mutant[] = [
  {
    id: 'sign-core-file',
    file: 'packages/cli/src/private-memory.ts',
    find: "writeFileSync(coreFilter, '0')",
    replace: "writeFileSync(coreFilter, '33')",
    test: leftovers,
  },
  {
    id: 'sign-report-environment',
    file: 'packages/cli/src/private-memory.ts',
    find: 'process.report.excludeEnv = true',
    replace: 'process.report.excludeEnv = false',
    test: leftovers,
  },
  {
    id: 'sign-environment-kept',
    file: 'packages/registry/src/transport/node-http.ts',
    find: 'proxyNames.includes(name.toLowerCase())',
    replace: "name !== ''",
    test: leftovers,
  },
  {
    id: 'sign-browser-environment',
    file: 'packages/cli/src/open-page.ts',
    find: '{ env: own, ',
    replace: '{ env: { ...env, ...own }, ',
    test: 'test/e2e/sign-in.test.ts',
  },
  {
    id: 'sign-circleci-environment',
    file: sign('identity/circleci'),
    find: 'env: plainEnvironment(env, ownVariables),',
    replace: 'env: { ...env, ...plainEnvironment(env, ownVariables) },',
    test: 'test/e2e/sign-ambient.test.ts',
  },
  {
    id: 'sign-machine-of-others',
    file: sign('identity/google'),
    find: "if ((env['CI'] ?? '') !== '') return false",
    replace: "if (env['CI'] === '') return false",
    test: 'test/e2e/sign-fixed-places.test.ts',
  },
  {
    id: 'sign-cluster-ca',
    file: sign('keys/kubernetes/cluster-access'),
    find: 'credential: { token: token.trim() } }, access',
    replace: "credential: { token: 'x' } }, access",
    test: 'test/e2e/sign-fixed-places.test.ts',
  },
  {
    id: 'sign-token-locked',
    file: sign('kms/pkcs11/token-key'),
    find: 'if (slot.isLocked)',
    replace: 'if (slot.isLocked && slot.id < 0)',
    test: 'packages/core/src/sign/kms/pkcs11/token-key.test.ts',
  },
]
