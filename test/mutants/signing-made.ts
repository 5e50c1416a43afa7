import type { Mutant } from './mutant.ts'

const sign = (path: string): string => `packages/core/src/sign/${path}.ts`

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
  {
    id: 'sign-timestamp-not-counted',
    file: sign('check-made-bundle'),
    find: 'minimumTimestamps: witnesses.length - logs,',
    replace: 'minimumTimestamps: 0,',
    test: 'test/attacks/signing-services.test.ts',
  },
  {
    id: 'sign-logs-not-counted',
    file: sign('check-made-bundle'),
    find: '...(logs > 0 && { minimumLogs: logs }),',
    replace: '',
    test: 'test/attacks/signing-services.test.ts',
  },
  {
    id: 'sign-config-validity',
    file: sign('services/signing-config'),
    find: 'options.apiVersions.includes(apiVersion) && isWithin(validFor, options.now)',
    replace: 'options.apiVersions.includes(apiVersion) && isWithin(validFor, validFor.start)',
    test: 'packages/core/src/sign/services/signing-config.test.ts',
  },
  {
    id: 'sign-config-operators',
    file: sign('services/signing-config'),
    find: 'if (!operators.has(service.operator)) operators.set(service.operator, service)',
    replace: 'operators.set(service.url, service)',
    test: 'packages/core/src/sign/services/signing-config.test.ts',
  },
  {
    id: 'sign-config-exact',
    file: sign('services/signing-config'),
    find: 'found.length >= wanted)',
    replace: 'wanted >= 0)',
    test: 'packages/core/src/sign/services/signing-config.test.ts',
  },
  {
    id: 'sign-key-cost',
    file: sign('keys/encrypted-key'),
    find: 'if (cost === undefined || r !== 8 || p !== 1)',
    replace: 'if (cost === undefined)',
    test: 'packages/core/src/sign/keys/keys.test.ts',
  },
  {
    id: 'sign-key-halves',
    file: sign('keys/private-key'),
    find: 'if (verify(hash, message, key.publicKey.keyObject, signWith(key, message))) return key',
    replace: 'if (hash !== undefined) return key',
    test: 'test/attacks/signing-keys.test.ts',
  },
  {
    id: 'sign-import-several',
    file: sign('keys/import-private-key'),
    find: 'if (block !== undefined && found.length === 1)',
    replace: 'if (block !== undefined)',
    test: 'packages/core/src/sign/keys/import-private-key.test.ts',
  },
  {
    id: 'sign-program-password',
    file: sign('run-program'),
    find: 'COSIGN_PASSWORD: _password, ',
    replace: '',
    test: 'test/e2e/cli-signing.test.ts',
  },
  {
    id: 'sign-program-pin',
    file: sign('run-program'),
    find: 'COSIGN_PKCS11_PIN: _pin, ',
    replace: '',
    test: 'test/e2e/cli-signing.test.ts',
  },
  {
    id: 'sign-recursive-shallow',
    file: sign('manifests-of'),
    find: 'await collect(into, child, depth + 1)',
    replace: 'if (depth === 0) await collect(into, child, depth + 1)',
    test: 'test/e2e/sign-recursive.test.ts',
  },
  {
    id: 'sign-publishes-unasked',
    file: 'packages/cli/src/options/identity.ts',
    find: 'if (await confirm(io, question)) return',
    replace: 'if (question.length > 0) return',
    test: 'test/e2e/sign-asks.test.ts',
  },
]
