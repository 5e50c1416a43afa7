import type { Mutant } from './mutant.ts'

/** The guards of what is signed and by what, each with the test that fails without it. */
export const mutants: readonly Mutant[] = [
  {
    id: 'sign-logs-of-both-kinds',
    file: 'packages/core/src/sign/sign-payload.ts',
    find: "signature.publicKey.algorithm !== 'ed25519' ||",
    replace: 'true ||',
    test: 'test/e2e/sign-image.test.ts',
  },
  {
    id: 'sign-link-unchecked',
    file: 'packages/core/src/statement/predicate-rules.ts',
    find: "  [predicateTypeOf('link'), link],\n",
    replace: '',
    test: 'packages/core/src/statement/write-statements.test.ts',
  },
]
