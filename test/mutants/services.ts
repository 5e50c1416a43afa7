import type { Mutant } from './mutant.ts'

const sign = (path: string): string => `packages/core/src/sign/${path}.ts`
const signingIn = 'test/attacks/signing-identity.test.ts'
const issuer = 'test/attacks/signing-issuer.test.ts'
const creating = 'test/e2e/cli-bundle-create.test.ts'
const bundles = 'test/e2e/cli-bundle.test.ts'
const again = 'test/e2e/sign-again.test.ts'
const tiles = 'packages/core/src/sign/witnesses/tile-log.test.ts'
const trustedRoots = 'test/e2e/cli-trusted-root.test.ts'
const initializing = 'test/e2e/cli-initialize.test.ts'
const timestamps = 'test/e2e/sign-timestamps.test.ts'
const ambient = 'test/e2e/sign-ambient.test.ts'

/** The guards of identities, services and bundles in pieces, each with the test that fails without it. */
export const mutants: readonly Mutant[] = [
  {
    id: 'sign-in-state',
    file: sign('identity/oauth/callback-server'),
    find: "if (states.length !== 1 || !isSameSecret(states[0] ?? '', expected.state)) return unknownState",
    replace: 'if (states.length > 100) return unknownState',
    test: signingIn,
  },
  {
    id: 'sign-in-state-twice',
    file: sign('identity/oauth/callback-server'),
    find: 'states.length !== 1 ||',
    replace: 'states.length > 100 ||',
    test: signingIn,
  },
  {
    id: 'sign-in-issuer-of-answer',
    file: sign('identity/oauth/callback-server'),
    find: 'if (issuers.some((issuer) => issuer !== expected.issuer)) return unknownState',
    replace: 'if (issuers.length > 100) return unknownState',
    test: signingIn,
  },
  {
    id: 'sign-in-used',
    file: sign('identity/oauth/callback-server'),
    find: 'return expected.used ? usedAlready : undefined',
    replace: 'return undefined',
    test: signingIn,
  },
  {
    id: 'sign-in-host',
    file: sign('identity/oauth/callback-server'),
    find: 'return loopbackNames.some((name) => host === new URL(`http://${name}:${port}`).host)',
    replace: "return host !== '' && port !== ''",
    test: signingIn,
  },
  {
    id: 'sign-in-method',
    file: sign('identity/oauth/callback-server'),
    find: "|| expected.method !== 'GET'",
    replace: '',
    test: signingIn,
  },
  {
    id: 'sign-in-page-text',
    file: sign('identity/oauth/callback-page'),
    find: '`<h1>${escaped(title)}</h1><p>${escaped(text)}</p></html>\\n`',
    replace: '`<h1>${escaped(title)}</h1><p>${text}</p></html>\\n`',
    test: 'packages/core/src/sign/identity/oauth/callback-page.test.ts',
  },
  {
    id: 'sign-in-nonce',
    file: sign('identity/oauth/id-token'),
    find: '(said === undefined || !isSameSecret(said, nonce))',
    replace: 'said === undefined',
    test: signingIn,
  },
  {
    id: 'sign-in-no-nonce',
    file: sign('identity/oauth/id-token'),
    find: 'said === undefined || !isSameSecret(said, nonce)',
    replace: 'said !== undefined && !isSameSecret(said, nonce)',
    test: signingIn,
  },
  {
    id: 'sign-in-audience',
    file: sign('identity/oauth/id-token'),
    find: 'if (!audiences.includes(clientId))',
    replace: 'if (audiences.length === 0)',
    test: signingIn,
  },
  {
    id: 'sign-in-token-issuer',
    file: sign('identity/oauth/id-token'),
    find: "if (textOf(field(claims, 'iss')) !== issuer.issuer)",
    replace: "if (textOf(field(claims, 'iss')) === '')",
    test: signingIn,
  },
  {
    id: 'issuer-another',
    file: sign('identity/oauth/issuer'),
    find: 'if (said !== choice.issuer)',
    replace: "if (said === '')",
    test: issuer,
  },
  {
    id: 'issuer-endpoint-elsewhere',
    file: sign('identity/oauth/issuer'),
    find: '&& hosts.includes(host)',
    replace: "&& host !== ''",
    test: issuer,
  },
  {
    id: 'issuer-keys-elsewhere',
    file: sign('identity/oauth/issuer'),
    find: "  endpoint('keys')\n",
    replace: '\n',
    test: issuer,
  },
  {
    id: 'issuer-without-pkce',
    file: sign('identity/oauth/issuer'),
    find: "if (methods?.includes('S256') === false)",
    replace: "if (methods?.includes('') === true)",
    test: issuer,
  },
  {
    id: 'issuer-repeats-secret',
    file: sign('identity/oauth/oauth-client'),
    find: 'withoutSecrets(textOf(node), secrets)',
    replace: 'textOf(node)',
    test: issuer,
  },
  {
    id: 'sign-unverified-email',
    file: sign('signers/identity-token'),
    find: "field(claims, 'email_verified').value !== true",
    replace: "field(claims, 'email_verified').value === 'no'",
    test: issuer,
  },
  {
    id: 'bundle-parts-signature',
    file: sign('bundles/parts-belong'),
    find: '  if (!holds())',
    replace: '  if (holds === undefined)',
    test: creating,
  },
  {
    id: 'bundle-parts-timestamp',
    file: sign('bundles/parts-belong'),
    find: 'if (isOver(parseTimestamp(timestamp), signature)) return',
    replace: 'if (parseTimestamp(timestamp) !== undefined || signature.byteLength === 0) return',
    test: creating,
  },
  {
    id: 'bundle-entry-proof',
    file: sign('bundles/parts-belong'),
    find: '  if (isTheRoot) return',
    replace: '  if (isTheRoot || body.byteLength > 0) return',
    test: bundles,
  },
  {
    id: 'bundle-entry-body',
    file: sign('bundles/same-entry'),
    find: 'if (Buffer.compare(found.body, known.body) !== 0)',
    replace: 'if (found.body.byteLength === 0)',
    test: bundles,
  },
  {
    id: 'bundle-entry-log',
    file: sign('bundles/same-entry'),
    find: 'if (Buffer.compare(found.logId, known.logId) !== 0)',
    replace: 'if (found.logId.byteLength === 0)',
    test: bundles,
  },
  {
    id: 'bundle-entry-time',
    file: sign('bundles/same-entry'),
    find: '|| found.integratedTime !== known.integratedTime',
    replace: '',
    test: bundles,
  },
  {
    id: 'recovered-log-unknown',
    file: sign('witnesses/rekor-v2-recovery'),
    find: '.find((each) => isSignedByLog(checkpoint, each))',
    replace: '.find((each) => each.baseUrl.length > 0 && checkpoint.treeSize > 0n)',
    test: again,
  },
  {
    id: 'recovered-tile-cut',
    file: sign('witnesses/tile-log'),
    find: 'if (tile.byteLength !== width * hashLength || start + count > width) return undefined',
    replace: 'if (start + count > width) return undefined',
    test: tiles,
  },
  {
    id: 'trusted-root-chain',
    file: 'packages/core/src/trust/make-trust-root.ts',
    find: 'if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey))',
    replace: 'if (certificate.raw.byteLength === 0)',
    test: trustedRoots,
  },
  {
    id: 'trusted-root-timestamp-leaf',
    file: 'packages/core/src/trust/make-trust-root.ts',
    find: 'if (leaf?.ca === true || others.length === 0)',
    replace: 'if (leaf === undefined)',
    test: trustedRoots,
  },
  {
    id: 'first-root-checksum',
    file: 'packages/cli/src/options/first-root.ts',
    find: 'if (expected?.toLowerCase() === got) return',
    replace: 'if (expected !== undefined || got !== "") return',
    test: initializing,
  },
  {
    id: 'first-root-url',
    file: 'packages/cli/src/options/first-root.ts',
    find: 'if (isUrl && checksum === undefined)',
    replace: 'if (isUrl && checksum === "")',
    test: initializing,
  },
  {
    id: 'timestamp-client-for-nobody',
    file: 'packages/cli/src/options/signing.ts',
    find: "if (timestamps !== undefined && !witnesses.some(({ kind }) => kind === 'timestamp'))",
    replace: 'if (timestamps !== undefined && witnesses.length > 100)',
    test: timestamps,
  },
  {
    id: 'spiffe-elsewhere',
    file: sign('identity/spiffe'),
    find: "&& (host.startsWith('127.') || host === '::1')",
    replace: '',
    test: ambient,
  },
]
