import type { Mutant } from './mutant.ts'

const sign = (path: string): string => `packages/core/src/sign/${path}.ts`
const services = 'test/attacks/signing-services.test.ts'
const tuf = 'test/attacks/signing-tuf.test.ts'
const legacy = 'test/e2e/sign-legacy.test.ts'
const images = 'test/e2e/sign-image.test.ts'
const keys = 'packages/core/src/sign/keys/keys.test.ts'
const kept = 'packages/core/src/sign/kms/kept-keys.test.ts'
const pairs = 'packages/core/src/sign/keys/kept-pairs.test.ts'
const kms = (path: string): string => `packages/core/src/sign/kms/${path}.test.ts`
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
    find: 'withoutSecrets(Buffer.from(answer.body).toString(), request.secrets ?? [])',
    replace: 'Buffer.from(answer.body).toString()',
    test: services,
  },
  {
    id: 'sign-secret-in-json',
    file: sign('services/without-secrets'),
    find: '    JSON.stringify(secret).slice(1, -1),\n',
    replace: '',
    test: 'test/attacks/signing-issuer.test.ts',
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
  {
    id: 'sign-kept-key-believed',
    file: sign('kms/kept-key'),
    find: 'if (!(await fulfils(task, value, publicKey)))',
    replace: 'if (!(await fulfils(task, value, publicKey)) && value.byteLength === 0)',
    test: kept,
  },
  {
    id: 'sign-kept-key-hash',
    file: sign('kms/key-task'),
    find: 'return createHash(hash)',
    replace: "return createHash(hash === 'sha512' ? 'sha512' : 'sha256')",
    test: kept,
  },
  {
    id: 'sign-key-secret-repeated',
    file: sign('kms/key-service'),
    find: "secrets: secrets.filter((secret) => secret !== ''),",
    replace: 'secrets: secrets.slice(0, 0),',
    test: kept,
  },
  {
    id: 'sign-key-service-http',
    file: sign('kms/key-service'),
    find: "(url.protocol === 'https:' || isLocal)",
    replace: "(url.protocol === 'https:' || url.protocol === 'http:' || isLocal)",
    test: kms('vault/vault-key'),
  },
  {
    id: 'sign-vault-rotated',
    file: sign('kms/vault/vault-key'),
    find: 'key_version: Number(version),',
    replace: 'key_version: 0,',
    test: kms('vault/vault-key'),
  },
  {
    id: 'sign-vault-replaced',
    file: sign('kms/vault/vault-key'),
    find: 'if (there.status === 200)',
    replace: 'if (there.status === 201)',
    test: kms('vault/vault-key'),
  },
  {
    id: 'sign-aws-alias-moved',
    file: sign('kms/aws/aws-key'),
    find: 'KeyId: task.keyId,',
    replace: 'KeyId: kms.reference.keyId,',
    test: kms('aws/aws-credentials'),
  },
  {
    id: 'sign-aws-padding',
    file: sign('kms/aws/aws-key'),
    find: 'if (!algorithms.includes(algorithm))',
    replace: 'if (algorithms.length === 0)',
    test: kms('aws/aws-credentials'),
  },
  {
    id: 'sign-google-checksum',
    file: sign('kms/google/google-key'),
    find: 'if (countOf(sum) !== BigInt(crc32c(bytes)))',
    replace: 'if (countOf(sum) < BigInt(crc32c(bytes)))',
    test: kms('google/google-key'),
  },
  {
    id: 'sign-google-name',
    file: sign('kms/google/google-key'),
    find: 'if (name !== version)',
    replace: "if (name === '')",
    test: kms('google/google-key'),
  },
  {
    id: 'sign-google-newest',
    file: sign('kms/google/google-key'),
    find: 'isEnabled && BigInt(number) > newest',
    replace: 'isEnabled && newest === 0n',
    test: kms('google/google-key'),
  },
  {
    id: 'sign-azure-host',
    file: sign('kms/azure/azure-key'),
    find: 'id?.host !== host ||',
    replace: "id?.host === '' ||",
    test: kms('azure/azure-key'),
  },
  {
    id: 'sign-token-ambiguous',
    file: sign('kms/pkcs11/token-objects'),
    find: 'if (object === undefined || fitting.length > 1)',
    replace: 'if (object === undefined)',
    test: kms('pkcs11/token-key'),
  },
  {
    id: 'sign-token-pin-shown',
    file: sign('kms/pkcs11/token-tool'),
    find: "['--login', '--pin', `env:${pinVariable}`]",
    replace: "['--login', '--pin', pin ?? '']",
    test: kms('pkcs11/token-key'),
  },
  {
    id: 'sign-token-attribute',
    file: sign('kms/pkcs11/token-uri'),
    find: 'if (!known.includes(name) || attributes.has(name)',
    replace: 'if (attributes.has(name)',
    test: kms('pkcs11/token-key'),
  },
  {
    id: 'sign-secret-of-another',
    file: sign('keys/kubernetes/key-secret'),
    find: 'if (!isAsked)',
    replace: 'if (isMissing(metadata))',
    test: pairs,
  },
  {
    id: 'sign-cluster-unchecked',
    file: sign('keys/kubernetes/cluster-access'),
    find: "['insecure-skip-tls-verify', 'tls-server-name', 'proxy-url']",
    replace: "['tls-server-name', 'proxy-url']",
    test: pairs,
  },
  {
    id: 'sign-gitlab-replaced',
    file: sign('keys/gitlab/gitlab-key'),
    find: 'if ((await ask(variables, name, access)).status === 200)',
    replace: 'if ((await ask(variables, name, access)).status === 201)',
    test: pairs,
  },
]
