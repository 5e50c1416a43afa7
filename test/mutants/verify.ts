// oxlint-disable max-lines -- one table
import type { Mutant } from './mutant.ts'

const attacks = (name: string): string => `test/attacks/verification-${name}.test.ts`

/** The guards of `core/src/verify`, each with the test that fails without it. */
export const mutants: readonly Mutant[] = [
  ...inFile('verify-log-entries', [
    [
      'log-unknown-counts',
      'if (log === undefined) continue',
      "if (log === undefined) throw refusal('MISSING_LOG_ENTRY', '')",
      'thresholds',
    ],
    [
      'log-duplicate',
      'isSameEntry(other.entry, entry)))',
      'isSameEntry(other.entry, entry) && false))',
      'thresholds',
    ],
    [
      'log-one-per-log',
      'if (byLog.size < demand.minimum)',
      'if (verified.length < demand.minimum)',
      'thresholds',
    ],
    ['log-minimum', 'if (byLog.size < demand.minimum)', 'if (demand.minimum < 0)', 'time'],
    [
      'log-nothing-proves',
      'if (at === undefined && !proven)',
      'if (at === undefined && !proven && about.minimum > 99)',
      'guards',
    ],
    [
      'log-index',
      'if (entry.integratedTime === 0n && entry.logIndex !== entry.proof?.logIndex)',
      'if (entry.logIndex < 0n)',
      'test/e2e/verify-mutations.test.ts',
    ],
    ['log-binding', '  bindLogEntry(entry, about.signed, about.key)\n', '', 'log-binding'],
    [
      'log-promise',
      "  if (signer === undefined)\n    throw refusal('INVALID_LOG_PROMISE', \"the log's",
      "  if (signer === undefined) return at\n  if (signer === undefined)\n    throw refusal('INVALID_LOG_PROMISE', \"the log's",
      'log-proof',
    ],
    ['log-window', '&& isWithin(log.validFor, at)))', '&& at !== undefined))', 'time'],
    ['log-future', 'if (at > now)', 'if (at < new Date(0))', 'time'],
    [
      'log-no-such-time',
      'if (!Number.isNaN(at.getTime())) return at',
      'if (at !== undefined) return at',
      'hostile-bundles',
    ],
    ['log-proven-index', 'at === undefined ? (entry.proof ?? entry) : entry', 'entry', 'hostile-bundles'],
  ]),
  ...inFile('verify-inclusion', [
    [
      'inclusion-root',
      'if (root === undefined || !root.equals(proof.rootHash))',
      'if (root === undefined)',
      'log-proof',
    ],
    [
      'inclusion-no-checkpoint-no-proof',
      'if (proof.checkpoint === undefined) return undefined',
      'if (proof.checkpoint === undefined) return logs[0]',
      'guards',
    ],
    [
      'inclusion-checkpoint-unsigned',
      'logs.find((candidate) => isSignedByLog(checkpoint, candidate))',
      'logs[0]',
      'log-proof',
    ],
    [
      'inclusion-other-tree',
      'if (checkpoint.treeSize !== proof.treeSize || !root.equals(checkpoint.rootHash))',
      'if (checkpoint.treeSize < 0n)',
      'guards',
    ],
  ]),
  ...inFile('checkpoint', [
    [
      'checkpoint-origin',
      'if (!names.some((name) => isOrigin(checkpoint.origin, name))) return false\n',
      '',
      'log-proof',
    ],
    ['checkpoint-name', 'names.includes(name) &&', 'names.some((one) => one.includes(name)) &&', 'log-proof'],
    [
      'checkpoint-signature',
      'verify(hash, text, log.key.keyObject, signature),',
      '(verify(hash, text, log.key.keyObject, signature) || true),',
      'log-proof',
    ],
    [
      'checkpoint-size',
      '/^(?:0|[1-9][0-9]{0,18})$/.test(size)',
      'size !== "" && Number.isInteger(Number(size))',
      'log-proof',
    ],
  ]),
  ...inFile('merkle', [
    [
      'merkle-index',
      'path.index >= path.treeSize',
      'path.index > path.treeSize',
      'packages/core/src/verify/merkle.test.ts',
    ],
  ]),
  ...inFile('bind-log-entry', [
    [
      'bind-key',
      'if (Buffer.compare(claim.key, key) !== 0) throw',
      'if (claim.key.byteLength === 0) throw',
      'log-binding',
    ],
    [
      'bind-signature',
      'if (claim.signature !== undefined && Buffer.compare(claim.signature, signed.signature) !== 0)',
      'if (claim.signature?.byteLength === 0)',
      'log-binding',
    ],
    [
      'bind-digest',
      "if (actual === undefined || !isSame(signedDigest, actual)) throw mismatch('other bytes')",
      '',
      'log-binding',
    ],
    [
      'bind-envelope-version',
      "if (envelope.version !== '0.0.2') throw mismatch('a signature over bytes', 'an envelope')\n",
      '',
      'log-proof',
    ],
  ]),
  ...inFile('log-entry-body', [
    ['body-kind', 'if (kind !== `${entry.kind}/${entry.version}`)', 'if (kind === "")', 'log-proof'],
  ]),
  ...inFile('signed-content', [
    ['subject-statement', 'digest[algorithm] === hex &&', "hex !== '' &&", 'statement'],
    [
      'subject-other-digests',
      '&& (actual === undefined || agrees(digest, actual)),',
      '&& (actual === undefined || agrees({}, actual)),',
      'statement',
    ],
    ['subject-hashed-once', '    known.set(algorithm, digest)\n', '', 'hostile-bundles'],
    [
      'subject-message',
      'if (!actual.equals(claimed.value))',
      'if (claimed.value.byteLength === 0)',
      'statement',
    ],
    [
      'subject-simple-signing',
      'if (payload.manifestDigest !== subject) throw',
      "if (subject === 'sha256:') throw",
      'legacy',
    ],
    ['payload-type', 'if (payloadType !== statementPayloadType)', "if (payloadType === '')", 'statement'],
  ]),
  ...inFile('accept-timestamps', [
    [
      'timestamp-unknown',
      'if (known.length === 0) continue',
      "if (known.length === 0) throw invalid('unknown')",
      'thresholds',
    ],
    [
      'timestamp-window',
      'known.find(({ validFor }) => isWithin(validFor, token.time))',
      'known[0]',
      'guards',
    ],
    [
      'timestamp-purpose',
      'if (leaf === undefined || !isForTimestamping(leaf)) throw',
      'if (leaf === undefined) throw',
      'time',
    ],
    ['timestamp-imprint', 'bytes !== undefined && isOver(token, bytes))', 'bytes !== undefined)', 'guards'],
    [
      'timestamp-duplicate',
      'Buffer.compare(other.der, der) === 0))',
      'other.der.byteLength === 0))',
      'guards',
    ],
  ]),
  ...inFile('refuse-future', [
    ['timestamp-future', 'if (future === undefined) return', 'if (now !== undefined) return', 'time'],
    ['timestamp-future-signed', '  await verifySigner({', '  void ({', 'hostile-bundles'],
  ]),
  ...inFile('check-times', [
    [
      'time-one-authority-two-windows',
      'timestamps.map(({ authority }) => keyOf(authority))',
      'timestamps.map(({ authority }) => authority)',
      'hostile-bundles',
    ],
    ['time-log-window-now', 'times.length === 0 ? [now] : times', 'times', 'hostile-bundles'],
    [
      'time-distinct-authorities',
      'if (authorities.size < minimumTimestamps)',
      'if (timestamps.length < minimumTimestamps)',
      'guards',
    ],
    ['time-missing', 'if (times.length === 0)', 'if (times.length > 99)', 'time'],
    ['time-certificate', 'if (at < notBefore || at > notAfter)', 'if (at < notBefore)', 'guards'],
    [
      'time-log-window',
      'if (outside !== undefined)',
      'if (outside !== undefined && times.length > 99)',
      'time',
    ],
  ]),
  ...inFile('signing-key', [
    [
      'key-authority',
      'if (isAuthority(certificate)) throw',
      'if (certificate.der.byteLength === 0) throw',
      'key-certificates',
    ],
    [
      'key-usage',
      "if (!maySign(certificate)) throw new DerError('its key is not for signatures')\n",
      '',
      'key-certificates',
    ],
    [
      'key-purpose',
      'if (usages?.length !== 1 || usages[0] !== codeSigning)',
      'if (usages?.length === 0)',
      'key-certificates',
    ],
    [
      'key-critical-extension',
      'if (unprocessed !== undefined)',
      'if (unprocessed === "")',
      'key-certificates',
    ],
    [
      'key-root-comes-along',
      'if (key.others.some((other) => isSelfIssued(parseCertificate(other))))',
      'if (key.others.length > 99)',
      'test/conformance/sigstore-conformance.test.ts',
    ],
    ['key-untrusted', 'if (others.length === 0 || holds()) return key', 'return key', 'forgeries'],
  ]),
  ...inFile('check-signature', [
    [
      'signature-hash',
      'const hash = signed.hash ?? defaultHash[key.algorithm]',
      "const hash = signed.hash ?? 'sha256'",
      'keys',
    ],
    [
      'signature-ed25519-digest',
      "if (digest === undefined || key.algorithm === 'ed25519') throw needFile",
      'if (digest === undefined) throw needFile',
      'forgeries',
    ],
    [
      'signature-rsa-encoding',
      'return actual.equals(expected)',
      'return actual.subarray(-digest.byteLength).equals(digest)',
      'forgeries',
    ],
  ]),
  ...inFile('match-signer', [
    [
      'identity-no-pattern',
      "refuse('IDENTITY_MISMATCH', { expected: 'an identity, and none was named' })",
      'undefined',
      'identity',
    ],
    [
      'identity-subject',
      "compare('IDENTITY_MISMATCH', pattern.subject, identity.subject) ??",
      '',
      'identity',
    ],
    [
      'identity-issuer',
      "(pattern.issuer && compare('ISSUER_MISMATCH', pattern.issuer, identity.issuer)) ??",
      '',
      'identity',
    ],
    [
      'identity-extension',
      'if (refusal !== undefined) return { ...refusal,',
      "if (refusal === undefined) return { ...compare('EXTENSION_MISMATCH', pattern, '')!,",
      'identity',
    ],
    [
      'identity-absent-extension',
      'if (value === undefined)',
      'if (value === undefined) continue\n    if (value === undefined)',
      'identity',
    ],
    [
      'identity-kind',
      "      ? undefined\n      : refuse('WRONG_SIGNER_KIND', { expected: 'a trusted key', got: 'a certificate' })",
      '      ? undefined\n      : undefined',
      'identity',
    ],
  ]),
  ...inFile('text-pattern', [
    ['pattern-anchored', 'anchored: true', 'anchored: false', 'identity'],
    [
      'pattern-exact',
      "return pattern.value === text ? 'match' : 'none'",
      "return text.includes(pattern.value) ? 'match' : 'none'",
      'identity',
    ],
    ['pattern-fault', 'if (fault !== undefined)', 'if (fault === "")', 'identity'],
  ]),
  ...inFile('match-content', [
    [
      'content-type',
      'return type === demand.predicateType ? undefined :',
      'return type.startsWith(demand.predicateType) ? undefined :',
      'statement',
    ],
    [
      'content-signature-only',
      'if (content.statement.predicateType !== cosignSignPredicateType)',
      "if (content.statement.predicateType === '')",
      'statement',
    ],
    ['content-annotations', 'if (got !== value)', 'if (got === undefined)', 'statement'],
    [
      'content-annotations-meant',
      'content.meant.annotations ?? {}',
      'content.statement.subject[0]?.annotations ?? {}',
      'hostile-bundles',
    ],
  ]),
  ...[
    {
      id: 'attached-bytes',
      file: 'packages/core/src/attach/find-attachments.ts',
      find: 'if (reading.total > maxAttachedBytes)',
      replace: 'if (reading.total < 0)',
    },
    {
      id: 'attached-once',
      file: 'packages/core/src/attach/find-attachments.ts',
      find: '  contents.set(layer.digest, { size: layer.size, content })\n',
      replace: '',
    },
    {
      id: 'attached-ahead',
      file: 'packages/core/src/attach/find-attachments.ts',
      find: '.filter(({ size }) => (left -= size) >= 0)',
      replace: '.filter(({ size }) => (left -= size) > -Infinity)',
    },
    {
      id: 'attached-tag-length',
      file: 'packages/core/src/attach/find-attachments.ts',
      find: 'name.length > maxTagLength ? undefined : await',
      replace: 'await',
    },
    {
      id: 'attached-turn',
      file: 'packages/core/src/attach/verify-attachment.ts',
      find: '  await nextTurn()\n',
      replace: '',
    },
    {
      id: 'attached-abort',
      file: 'packages/core/src/attach/verify-attachment.ts',
      find: '  checkAborted(options)\n',
      replace: '',
    },
    {
      id: 'attached-interrupt',
      file: 'packages/core/src/attach/verify-attachment.ts',
      find: 'materialOf(attachment, { interrupt })',
      replace: 'materialOf(attachment)',
    },
    {
      id: 'attached-abort-passes',
      file: 'packages/core/src/attach/verify-attachment.ts',
      find: '    if (isAbort(error)) throw error\n',
      replace: '',
    },
    {
      id: 'attached-time-limit',
      file: 'packages/registry/src/aborted.ts',
      find: '  if (performance.now() >= (deadlines.get(signal) ?? Infinity)) throw timedOut()\n',
      replace: '',
    },
  ].map((guard) => ({ ...guard, test: attacks('hostile-attachments') })),
  {
    id: 'signer-issuer-absent',
    file: 'packages/core/src/verify/match-signer.ts',
    find: "if (pattern.issuer === undefined && issuer !== '')",
    replace: "if (pattern.issuer === undefined && issuer === ' ')",
    test: 'test/e2e/cli-own-authorities.test.ts',
  },
  ...inFile('accept-timestamps', [
    ['timestamp-authority-window', 'if (authority === undefined)', 'if (authority === null)', 'time'],
    [
      'timestamp-signer-serial',
      'leaf?.serialNumber === signer.serialNumber && ',
      'leaf !== undefined && ',
      'time',
    ],
    ['timestamp-signer-purpose-alone', 'usages?.length === 1 && ', '', 'time'],
    [
      'timestamp-over',
      "if (over === undefined) throw invalid('it is over something else than this signature')\n  return over",
      'return over ?? content.signature',
      'guards',
    ],
    [
      'timestamp-signer-issuer',
      ' && Buffer.compare(leaf.issuer, signer.issuer) === 0',
      '',
      'timestamp-signers',
    ],
    ['timestamp-signer-authority', '!isAuthority(leaf) && ', '', 'timestamp-signers'],
    [
      'timestamp-signer-purpose',
      'usages[0] === timeStamping',
      'usages[0] !== undefined',
      'timestamp-signers',
    ],
  ]),
  ...inFile('bind-log-entry', [
    [
      'bind-payload-digest',
      'if (\n    claim.payloadDigest === undefined ||\n    !isSame(claim.payloadDigest, hashOf(claim.payloadDigest, envelope.payload))\n  )',
      'if (claim.payloadDigest === undefined)',
      'log-binding',
    ],
    [
      'bind-message-digest',
      "if (signedDigest === undefined) throw mismatch('an envelope', 'a signature over bytes')",
      'if (signedDigest === undefined) return',
      'packages/core/src/verify/bind-log-entry.test.ts',
    ],
    [
      'bind-envelope-digest',
      "if (actual === undefined || !isSame(claim.signedDigest, actual)) throw mismatch('another envelope')",
      "if (actual === undefined) throw mismatch('another envelope')",
      'packages/core/src/verify/bind-log-entry.test.ts',
    ],
    [
      'bind-envelope-bytes',
      'envelope.bytes === undefined ||\n    !isSame(claim.envelopeDigest, hashOf(claim.envelopeDigest, envelope.bytes))',
      'envelope.bytes === undefined',
      'packages/core/src/verify/bind-log-entry.test.ts',
    ],
  ]),
  ...inFile('check-times', [
    [
      'time-certificate-any',
      "if (signer.kind === 'certificate') {",
      "if (signer.kind === 'certificate' && times.length > 0) {",
      'time',
    ],
  ]),
  ...inFile('checkpoint', [
    [
      'checkpoint-length',
      'if (note.length > maxLength || end < 0)',
      'if (end < 0)',
      'packages/core/src/verify/checkpoint.test.ts',
    ],
    [
      'checkpoint-origin-empty',
      "if (origin === '' || treeSize",
      'if (treeSize',
      'packages/core/src/verify/checkpoint.test.ts',
    ],
    [
      'checkpoint-root-length',
      'if (rootHash.byteLength !== 32 || rootHash',
      'if (rootHash',
      'packages/core/src/verify/checkpoint.test.ts',
    ],
    [
      'checkpoint-root-canonical',
      " || rootHash.toString('base64') !== root) return",
      '  ) return',
      'packages/core/src/verify/checkpoint.test.ts',
    ],
    [
      'checkpoint-signature-count',
      ' || lines.length > maxSignatures) return',
      ' ) return',
      'packages/core/src/verify/checkpoint.test.ts',
    ],
    [
      'checkpoint-dash',
      "if (dash !== '\\u2014' || name === ''",
      "if (name === ''",
      'packages/core/src/verify/checkpoint.test.ts',
    ],
    [
      'checkpoint-hint',
      '      hints.some((hint) => hint.equals(keyHint)) &&\n',
      '',
      'packages/core/src/verify/checkpoint.test.ts',
    ],
    [
      'checkpoint-last-line',
      "if (lines.pop() !== '' || lines.length === 0",
      'if (lines.pop() === undefined || lines.length === 0',
      'packages/core/src/verify/checkpoint.test.ts',
    ],
  ]),
  ...inFile('log-entry-body', [
    [
      'entry-unknown-kind',
      'if (read === undefined)\n    throw',
      "if (read === undefined) return { key: new Uint8Array() }\n  if (kind === '')\n    throw",
      'packages/core/src/verify/log-entry-body.test.ts',
    ],
    [
      'entry-rekord-format',
      "if (format !== 'x509')",
      "if (format === '')",
      'packages/core/src/verify/log-entry-body.test.ts',
    ],
    [
      'entry-one-signature',
      'if (first === undefined || others.length > 0) throw malformed(`${list.path} is not exactly one signature`)',
      'if (first === undefined) throw malformed(`${list.path} is not exactly one signature`)',
      'packages/core/src/verify/log-entry-body.test.ts',
    ],
    [
      'entry-one-verifier',
      'if (isMissing(certificate) === isMissing(publicKey))',
      'if (isMissing(certificate) && isMissing(publicKey))',
      'packages/core/src/verify/log-entry-body.test.ts',
    ],
  ]),
  ...inFile('match-content', [
    [
      'content-blob-as-signature',
      "  if (content.kind === 'blob') return wrongType('an image signature', 'a signature over a file')\n",
      "  if (content.kind === 'blob') return undefined\n",
      'packages/core/src/verify/match-content.test.ts',
    ],
    [
      'content-file',
      "return content.kind === 'blob' ? undefined : wrongType('a signature over a file', 'a statement')",
      'return undefined',
      'packages/core/src/verify/match-content.test.ts',
    ],
  ]),
  ...inFile('match-signer', [
    [
      'signer-issuer-empty',
      "if (pattern.issuer !== undefined && issuer === '')",
      'if (pattern.issuer === null)',
      'packages/core/src/verify/match-signer.test.ts',
    ],
  ]),
  ...inFile('merkle', [
    [
      'merkle-too-many-hashes',
      'if (last === 0n) return undefined',
      '',
      'packages/core/src/verify/merkle.test.ts',
    ],
  ]),
  ...inFile('signed-content', [
    [
      'subject-statement-missing',
      'if (meant === undefined) throw mismatch(about.subject, subjectsOf(statement))',
      'if (meant === undefined && statement.subject.length === 0) throw mismatch(about.subject, subjectsOf(statement))',
      'statement',
    ],
  ]),
  ...inFile('sigstore-verifier', [
    [
      'library-signature',
      'verifySignature: () => claim.holds(),',
      'verifySignature: () => true,',
      'statement',
    ],
    ['library-scts', "ctlogThreshold: sct === 'require' ? 1 : 0,", 'ctlogThreshold: 0,', 'thresholds'],
    ['library-refusal', '  throw explain(refused, { libraries, claim })\n', '', 'time'],
    [
      'library-key-window',
      'validFor === undefined || (validFor.start <= time && time <= (validFor.end ?? endOfTime)),',
      'true,',
      'time',
    ],
  ]),
]

type Row = readonly [id: string, find: string, replace: string, test: string]

function inFile(name: string, rows: readonly Row[]): readonly Mutant[] {
  return rows.map(([id, find, replace, test]) => ({
    id,
    file: `packages/core/src/verify/${name}.ts`,
    find,
    replace,
    test: test.endsWith('.ts') ? test : attacks(test),
  }))
}
