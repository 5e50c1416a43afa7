import type { Mutant } from './mutant.ts'

const sign = (path: string): string => `packages/core/src/sign/${path}.ts`
const services = 'test/attacks/signing-services.test.ts'
const tuf = 'test/attacks/signing-tuf.test.ts'
const legacy = 'test/e2e/sign-legacy.test.ts'
const images = 'test/e2e/sign-image.test.ts'
const keys = 'packages/core/src/sign/keys/keys.test.ts'
const config = 'packages/core/src/sign/services/signing-config.test.ts'

/** The guards of signing, each with the test that fails without it. */
export const mutants: readonly Mutant[] = [
  {
    id: 'sign-token-expired',
    file: sign('signers/identity-token'),
    find: 'if (expiresAt <= now)',
    replace: 'if (expiresAt < new Date(0))',
    test: services,
  },
  {
    id: 'sign-secret-repeated',
    file: sign('services/service-call'),
    find: "said = said.replaceAll(secret, '***')",
    replace: 'said = secret === said ? secret : said',
    test: services,
  },
  {
    id: 'sign-certificate-key',
    file: sign('signers/fulcio'),
    find: 'if (Buffer.compare(certificate.publicKey, wanted.key.publicKey.spki) !== 0)',
    replace: 'if (certificate.publicKey.byteLength === 0)',
    test: services,
  },
  {
    id: 'sign-certificate-subject',
    file: sign('signers/fulcio'),
    find: 'if (wanted.token.isEmail && subject !== wanted.token.subject)',
    replace: "if (subject === '')",
    test: services,
  },
  {
    id: 'sign-timestamp-over-other-bytes',
    file: sign('witnesses/timestamp-witness'),
    find: 'if (isOver(parseTimestamp(of.reply), of.signature)) return',
    replace: 'if (parseTimestamp(of.reply) !== undefined) return',
    test: services,
  },
  {
    id: 'sign-entry-elsewhere',
    file: sign('witnesses/rekor-v1'),
    find: 'const path = `${entriesPath}/${id}`',
    replace: 'const path = location ?? id',
    test: services,
  },
  {
    id: 'sign-ed25519ph',
    file: sign('signers/key-signer'),
    find: 'call?.hashOnly === true',
    replace: "key.algorithm !== 'ed25519'",
    test: images,
  },
  {
    id: 'sign-key-file-mode',
    file: sign('keys/key-files'),
    find: '(mode & 0o077) !== 0',
    replace: '(mode & 0o077) < 0',
    test: keys,
  },
  {
    id: 'sign-key-file-overwritten',
    file: sign('keys/key-files'),
    find: "open(path, 'wx', file.mode)",
    replace: "open(path, 'w', file.mode)",
    test: keys,
  },
  {
    id: 'sign-service-url',
    file: sign('services/signing-config'),
    find: "(url.protocol === 'http:' && loopback.test(url.hostname))",
    replace: "url.protocol === 'http:'",
    test: config,
  },
  {
    id: 'sign-legacy-lost',
    file: 'packages/core/src/attach/attach-legacy.ts',
    find: 'if ((await layersOf(store, tag, call)).some((each) => isSame(each, layer))) return manifest',
    replace: 'if (attempt > 0) return manifest',
    test: legacy,
  },
  {
    id: 'sign-legacy-full',
    file: 'packages/core/src/attach/attach-legacy.ts',
    find: 'if (present.length >= maxLayers) throw tooMany(tag)',
    replace: 'if (present.length < 0) throw tooMany(tag)',
    test: legacy,
  },
  {
    id: 'tuf-twin-keys',
    file: 'packages/core/src/trust/tuf-target.ts',
    find: 'if (twins !== undefined) throw new Error(twins)',
    replace: "if (twins === '') throw new Error(twins)",
    test: tuf,
  },
  {
    id: 'tuf-twin-encodings',
    file: 'packages/core/src/trust/tuf-root-keys.ts',
    find: 'hex.startsWith(ed25519Prefix)',
    replace: "hex.startsWith('x')",
    test: tuf,
  },
]
