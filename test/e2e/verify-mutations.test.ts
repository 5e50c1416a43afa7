import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseBundle, parsePublicKey, parseTrustRoot, verifyBundle, type TrustedKey } from '@assay/core'
import { digestOf } from '@assay/registry'
import { corpus } from '@assay/test-support/corpora'
import {
  mutated,
  mutatedInside,
  pathsOf,
  replaced,
  valueAt,
  type Where,
} from '@assay/test-support/mutate-json'
import { outcome } from '@assay/test-support/verification'
import { describe, expect, test } from 'vitest'

const assets = corpus('sigstore-conformance')
const productionRoot = join(corpus('trust') ?? '', 'public-good.trusted_root.json')
const valid =
  assets === undefined
    ? []
    : readdirSync(assets).filter(
        (name) => !name.endsWith('_fail') && existsSync(join(assets, name, 'bundle.sigstore.json')),
      )

/** One field of a real bundle and what changing it must be refused for: one of the checks that cover it. */
const mutations: readonly (readonly [field: string, ...codes: readonly string[]])[] = [
  ['mediaType', 'UNSUPPORTED_FORMAT'],
  ['messageSignature.messageDigest.digest', 'SUBJECT_MISMATCH'],
  ['messageSignature.signature', 'LOG_ENTRY_MISMATCH'],
  ['dsseEnvelope.payload', 'MALFORMED_STATEMENT', 'SUBJECT_MISMATCH', 'LOG_ENTRY_MISMATCH'],
  ['dsseEnvelope.payloadType', 'WRONG_PAYLOAD_TYPE'],
  ['dsseEnvelope.signatures.0.sig', 'LOG_ENTRY_MISMATCH'],
  ['verificationMaterial.certificate.rawBytes', 'INVALID_CERTIFICATE', 'LOG_ENTRY_MISMATCH'],
  [
    'verificationMaterial.x509CertificateChain.certificates.0.rawBytes',
    'INVALID_CERTIFICATE',
    'LOG_ENTRY_MISMATCH',
  ],
  ['verificationMaterial.tlogEntries.0.logId.keyId', 'MISSING_LOG_ENTRY'],
  ['verificationMaterial.tlogEntries.0.logIndex', 'INVALID_LOG_PROMISE', 'INVALID_LOG_PROOF'],
  ['verificationMaterial.tlogEntries.0.integratedTime', 'INVALID_LOG_PROMISE'],
  ['verificationMaterial.tlogEntries.0.kindVersion.kind', 'LOG_ENTRY_MISMATCH'],
  ['verificationMaterial.tlogEntries.0.kindVersion.version', 'LOG_ENTRY_MISMATCH'],
  ['verificationMaterial.tlogEntries.0.inclusionPromise.signedEntryTimestamp', 'INVALID_LOG_PROMISE'],
  ['verificationMaterial.tlogEntries.0.canonicalizedBody', 'INVALID_LOG_PROMISE', 'INVALID_LOG_PROOF'],
  ['verificationMaterial.tlogEntries.0.inclusionProof.logIndex', 'INVALID_LOG_PROOF'],
  ['verificationMaterial.tlogEntries.0.inclusionProof.treeSize', 'INVALID_LOG_PROOF', 'INVALID_CHECKPOINT'],
  ['verificationMaterial.tlogEntries.0.inclusionProof.rootHash', 'INVALID_LOG_PROOF'],
  ['verificationMaterial.tlogEntries.0.inclusionProof.hashes.0', 'INVALID_LOG_PROOF'],
  ['verificationMaterial.tlogEntries.0.inclusionProof.checkpoint.envelope', 'INVALID_CHECKPOINT'],
  [
    'verificationMaterial.timestampVerificationData.rfc3161Timestamps.0.signedTimestamp',
    'INVALID_TIMESTAMP',
    'MISSING_TIMESTAMP',
  ],
]

function bundleOf(name: string): unknown {
  return JSON.parse(readFileSync(join(assets ?? '', name, 'bundle.sigstore.json'), 'utf8'))
}

const statements = valid
  .map((name) => ({ name, bundle: bundleOf(name) }))
  .filter(({ bundle }) => valueAt(bundle, ['dsseEnvelope']) !== undefined)

const cases = valid.flatMap((name) =>
  mutations.flatMap(([path, ...codes]) => {
    const bundle = bundleOf(name)
    return valueAt(bundle, path.split('.')) === undefined ? [] : [{ name, path, codes }]
  }),
)

describe.skipIf(assets === undefined)('real bundles with one field changed', () => {
  test.each(cases)('$name: $path', async ({ name, path, codes }) => {
    const bundle = bundleOf(name)
    for (const where of placesIn(path)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const result = await verify(name, mutated(bundle, path.split('.'), where))
      expect(codes).toContain(result)
    }
  })

  test.each(statements)(
    '$name: the subject and the predicate type of its statement',
    async ({ name, bundle }) => {
      const change = (path: string, value: string): unknown =>
        mutatedInside(bundle, ['dsseEnvelope', 'payload'], (statement) =>
          replaced(statement, path.split('.'), () => value),
        )
      expect(await verify(name, change('subject.0.digest.sha256', '0'.repeat(64)))).toBe('SUBJECT_MISMATCH')
      expect(await verify(name, change('predicateType', 'https://acme.test/other'))).toBe(
        'LOG_ENTRY_MISMATCH',
      )
    },
  )

  test.each(valid.filter((name) => name.startsWith('managed-key')))('%s: another key', async (name) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    const other = parsePublicKey(publicKey.export({ type: 'spki', format: 'pem' }))
    expect(await verify(name, bundleOf(name), [other])).toBe('LOG_ENTRY_MISMATCH')
    expect(await verify(name, bundleOf(name), [])).toBe('UNTRUSTED_KEY')
  })

  test.each(valid)(
    '%s: any field that is missing or of another type is refused and never crashes',
    async (name) => {
      const bundle = bundleOf(name)
      const results = new Map<string, string>()
      for (const path of pathsOf(bundle)) {
        for (const value of [null, 0, -1, '', 'x', [], {}, [null], true]) {
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          results.set(
            `${path.join('.')} = ${JSON.stringify(value)}`,
            await verify(
              name,
              replaced(bundle, path, () => value),
            ),
          )
        }
      }
      const accepted = [...results].filter(([, result]) => result === 'ok').map(([change]) => change)
      // Fields that are claims only, or that have a second proof beside them.
      const harmless =
        /publicKey(?:\.hint)? = |publicKey = \{\}|timestampVerificationData|inclusionPromise = |integratedTime = |keyid = |inclusionProof = null|inclusionProof\.checkpoint = null/
      expect(accepted.filter((change) => !harmless.test(change))).toEqual([])
    },
  )
})

async function verify(name: string, bundle: unknown, keys = keysOf(name)): Promise<string> {
  const folder = join(assets ?? '', name)
  const own = (file: string, other: string): string =>
    existsSync(join(folder, file)) ? join(folder, file) : other
  const artifact = readFileSync(own('artifact', join(assets ?? '', 'a.txt')))
  return await outcome(() =>
    verifyBundle(parseBundle(Buffer.from(JSON.stringify(bundle))), {
      trust: parseTrustRoot(readFileSync(own('trusted_root.json', productionRoot))),
      keys,
      subject: digestOf(artifact),
      artifact,
      source: { kind: 'file', format: 'bundle' },
      now: new Date(),
      transparencyLog: 'require',
      sct: 'require',
    }),
  )
}

function keysOf(name: string): readonly TrustedKey[] {
  const key = join(assets ?? '', name, 'key.pub')
  return existsSync(key) ? [parsePublicKey(readFileSync(key))] : []
}

/**
 * Where a field is changed. The certificates in the middle of a timestamp and the witnesses at the end of a
 * checkpoint are not used: only trusted ones count.
 */
function placesIn(path: string): readonly Where[] {
  if (path.endsWith('.signedTimestamp')) return ['start', 'end']
  return path.endsWith('.envelope') ? ['start'] : ['start', 'middle', 'end']
}
