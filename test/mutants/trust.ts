import type { Mutant } from './mutant.ts'

const attacks = (name: string): string => `test/attacks/verification-${name}.test.ts`
const unit = (name: string): string => `packages/core/src/trust/${name}.test.ts`
const own = 'test/e2e/cli-own-authorities.test.ts'
const cache = 'test/e2e/cli-trust-cache.test.ts'

/** The guards of `core/src/trust`, each with the test that fails without it. */
export const mutants: readonly Mutant[] = [
  ...inFile('der', [
    [
      'der-trailing',
      'if (value.bytes.byteLength !== bytes.byteLength)',
      'if (bytes.byteLength === 0)',
      unit('der'),
    ],
    ['der-container', 'if (from + length > bytes.byteLength)', 'if (from < 0)', unit('der')],

    [
      'der-minimal-length',
      'if (length < 0x80 || length < 256 ** (size - 1))',
      'if (length < 0)',
      unit('der'),
    ],
    ['der-minimal-arc', 'if (arc === 0n && byte === 0x80)', 'if (arc < 0n)', unit('der')],
    ['der-date', '!time.toISOString().startsWith(iso))', 'iso === "")', unit('der')],
    [
      'der-control-characters',
      '/[\\u0000-\\u001f\\u007f]/.test(text)',
      'text === "\\u0000"',
      attacks('key-certificates'),
    ],
  ]),
  ...inFile('certificate', [
    [
      'certificate-extension-twice',
      'if (extensions.has(oid))',
      'if (oid === "")',
      attacks('key-certificates'),
    ],
    ['certificate-critical', '(critical && !processed.has(oid)) ||', '', attacks('key-certificates')],
    ['certificate-name-constraints', " || oid === '2.5.29.30'", '', attacks('key-certificates')],
    [
      'certificate-version',
      "Buffer.from(version.content).toString('hex') !== '020102'",
      'version.content.byteLength === 0',
      attacks('key-certificates'),
    ],
    [
      'certificate-usage-absent',
      'if (usage === undefined) return false',
      'if (usage === undefined) return true',
      attacks('key-certificates'),
    ],
  ]),
  ...inFile('fulcio-identity', [
    [
      'identity-one-subject',
      'if (name === undefined || generalNames.length !== 1)',
      'if (name === undefined)',
      attacks('key-certificates'),
    ],
    ['identity-empty', "if (text !== '') return text", 'return text', attacks('key-certificates')],
    ['identity-two-issuers', 'issuer !== issuerV2)', 'issuer === "")', attacks('key-certificates')],
  ]),
  ...inFile('public-key', [
    ['key-rsa-size', 'modulusLength >= 2048 &&', '', attacks('keys')],
    ['key-rsa-exponent', 'publicExponent === 65_537n', 'publicExponent !== 0n', attacks('keys')],
    ['key-explicit-curve', 'if (curve?.length === length)', 'if (curve !== undefined)', attacks('keys')],
    ['key-window', 'period.start <= time && (', '(', unit('trust-root')],
  ]),
  ...inFile('timestamp-token', [
    [
      'token-granted',
      'if (granted.byteLength !== 1 || (granted[0] ?? 2) > 1)',
      'if (granted.byteLength === 0)',
      unit('timestamp-token'),
    ],
    [
      'token-one-signer',
      'if (signerInfos.length !== 1)',
      'if (signerInfos.length > 99)',
      unit('timestamp-token'),
    ],
    [
      'token-content',
      "if (readOid(type) !== '1.2.840.113549.1.9.16.1.4')",
      "if (readOid(type) === '')",
      unit('timestamp-token'),
    ],
  ]),
  ...inFile('parse-trust-root', [
    [
      'root-log-start',
      'if (start === undefined && startRequired)',
      'if (start === undefined && node.path === "")',
      attacks('library-gaps'),
    ],
    ['root-media-type', 'if (!mediaTypes.includes(mediaType))', "if (mediaType === '')", unit('trust-root')],
    ['root-empty-chain', 'if (list.length === 0)', 'if (list.length > 99)', unit('trust-root')],
  ]),
  ...inFile('der', [
    ['der-children-limit', 'if (children.length === max)', 'if (children.length < 0)', unit('der')],
    ['der-tag', 'if (value?.tag === tag) return value', 'if (value !== undefined) return value', unit('der')],
    ['der-multi-byte-tag', 'if ((tag & 0x1f) === 0x1f)', 'if (tag < 0)', unit('der')],
    [
      'der-oid-length',
      'if (content.byteLength === 0 || content.byteLength > 64)',
      'if (content.byteLength < 0)',
      unit('der'),
    ],
    ['der-oid-end', 'if (index === content.byteLength - 1)', 'if (index < 0)', unit('der')],
    [
      'der-time-tag',
      'if (value.tag !== derTag.utcTime && value.tag !== derTag.generalizedTime)',
      'if (value.tag < 0)',
      unit('der'),
    ],
    ['der-utf8', 'if (!isUtf8(content))', 'if (content.byteLength > 1e9)', attacks('key-certificates')],
  ]),
  ...inFile('fulcio-identity', [
    [
      'identity-arc',
      'if (!oid.startsWith(arc)) continue',
      "if (oid === '') continue",
      unit('fulcio-identity'),
    ],
    [
      'identity-other-name-type',
      'if (readOid(type) !== otherNameUsername || value?.tag !== 0xa0)',
      'if (value?.tag !== 0xa0)',
      unit('fulcio-identity'),
    ],
    [
      'identity-string-tag',
      'if (value.tag !== derTag.utf8String && value.tag !== 0x16 && value.tag !== 0x13)',
      'if (value.tag < 0)',
      unit('fulcio-identity'),
    ],
    [
      'identity-no-subject',
      "if (extension === undefined) throw new DerError('the certificate has no subject alternative name')",
      "if (extension === undefined) return { subject: 'nobody', subjectKind: 'email' }",
      attacks('key-certificates'),
    ],
  ]),
  ...inFile('public-key', [
    [
      'key-one-block',
      'lines.length < 3 ||\n    lines[0] !== `-----BEGIN ${label}-----` ||',
      'lines.length < 3 ||',
      unit('public-key'),
    ],
    ['key-last-line', ' ||\n    lines.at(-1) !== `-----END ${label}-----`', '', unit('public-key')],
    ['key-pem-size', 'text.length > maxPemSize ? undefined : ', '', unit('public-key')],
    ['key-canonical', " && bytes.toString('base64') === base64 ?", ' ?', attacks('keys')],
  ]),
  ...inFile('tuf-cache', [
    [
      'cache-newest',
      'there.equals(bytes) || versionOf(there) > versionOf(bytes)',
      'there.equals(bytes)',
      cache,
    ],
    [
      'cache-unwritable',
      'await unlessUnwritable(publishFrom(own, shared, origin))',
      'await publishFrom(own, shared, origin)',
      cache,
    ],
    ['cache-other-root', 'shared !== undefined && origin === there', 'shared !== undefined', cache],
    ['cache-started-afresh', "?.toString('latin1') === origin\n", ' !== null\n', cache],
  ]),
  ...inFile('tuf-target', [
    ['cache-newer-root', '    await cache.publish()\n    if (content', '    if (content', cache],
  ]),
  ...inFile('own-authorities', [
    [
      'own-roots-alone',
      'certificateAuthorities: [authorities(roots, intermediates)] }',
      'certificateAuthorities: [...root.certificateAuthorities, authorities(roots, intermediates)] }',
      own,
    ],
    [
      'own-root',
      'if (!own.every((root) => isAuthority(root) && isSelfIssued(root)))',
      'if (own.length > 99)',
      own,
    ],
    [
      'own-intermediate',
      'if (between.some((certificate) => !isAuthority(certificate) || isSelfIssued(certificate)))',
      'if (between.length > 99)',
      own,
    ],
    [
      'own-timestamp-signer',
      'if (leaf === undefined || isAuthority(leaf) || extendedKeyUsages(leaf) === undefined)',
      'if (leaf === undefined)',
      own,
    ],
    ['own-pem-alone', "if (blocks.pop() !== '' || blocks.length === 0)", 'if (blocks.length === 0)', own],
    [
      'own-intermediates-alone',
      'if (roots === undefined && intermediates !== undefined)',
      'if (root === undefined)',
      own,
    ],
  ]),
]

type Row = readonly [id: string, find: string, replace: string, test: string]

function inFile(name: string, rows: readonly Row[]): readonly Mutant[] {
  return rows.map(([id, find, replace, test]) => ({
    id,
    file: `packages/core/src/trust/${name}.ts`,
    find,
    replace,
    test,
  }))
}
