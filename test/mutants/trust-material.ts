import type { Mutant } from './mutant.ts'

const trust = 'packages/core/src/trust'

/** The guards of certificates, keys and timestamps as such, before anything is verified with them. */
export const mutants: readonly Mutant[] = [
  {
    id: 'certificate-size',
    file: `${trust}/certificate.ts`,
    find: "if (der.byteLength > maxCertificateSize) throw new DerError('the certificate is too large')",
    replace: '',
    test: `${trust}/certificate.test.ts`,
  },
  {
    id: 'certificate-not-an-authority',
    file: `${trust}/certificate.ts`,
    find: 'authority.content[0] === 0xff',
    replace: 'authority.content[0] !== undefined',
    test: `${trust}/certificate.test.ts`,
  },
  {
    id: 'certificate-critical-unknown',
    file: `${trust}/certificate.ts`,
    find: '(critical && !processed.has(oid)) || oid',
    replace: 'oid',
    test: `${trust}/certificate.test.ts`,
  },
  {
    id: 'root-critical-unknown',
    file: `${trust}/parse-trust-root.ts`,
    find: 'if (unprocessed === undefined) return certificate',
    replace: "if (unprocessed !== '') return certificate",
    test: `${trust}/certificate.test.ts`,
  },
  {
    id: 'root-unsupported-log',
    file: `${trust}/parse-trust-root.ts`,
    find: "error.code === 'UNSUPPORTED_KEY') return baseUrl",
    replace: "error.code === 'MALFORMED_KEY') return baseUrl",
    test: `${trust}/certificate.test.ts`,
  },
  {
    id: 'key-rsa-too-large',
    file: `${trust}/public-key.ts`,
    find: 'modulusLength <= 8192 &&',
    replace: 'modulusLength <= 16_384 &&',
    test: `${trust}/public-key.test.ts`,
  },
  {
    id: 'timestamp-size',
    file: `${trust}/timestamp-token.ts`,
    find: "if (der.byteLength > maxTokenSize) throw new DerError('the timestamp is too large')",
    replace: '',
    test: `${trust}/timestamp-token.test.ts`,
  },
  {
    id: 'timestamp-unknown-hash',
    file: `${trust}/timestamp-token.ts`,
    find: "if (name === undefined) throw new DerError('the timestamp uses an unknown hash')",
    replace:
      "if (name === undefined) return { algorithm: 'sha256', digest: expectTag(digest, derTag.octetString).content }",
    test: `${trust}/timestamp-token.test.ts`,
  },
]
