import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseBundle, parsePublicKey, parseTrustRoot, verifyBundle } from '@assay/core'
import { digestOf } from '@assay/registry'
import { corpus } from '@assay/test-support/corpora'
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

const cases = valid.flatMap((name) =>
  mutations.flatMap(([path, ...codes]) => {
    const bundle: unknown = JSON.parse(readFileSync(join(assets ?? '', name, 'bundle.sigstore.json'), 'utf8'))
    return valueAt(bundle, path) === undefined ? [] : [{ name, path, codes }]
  }),
)

describe.skipIf(assets === undefined)('real bundles with one field changed', () => {
  test.each(cases)('$name: $path', async ({ name, path, codes }) => {
    const bundle: unknown = JSON.parse(readFileSync(join(assets ?? '', name, 'bundle.sigstore.json'), 'utf8'))
    for (const where of placesIn(path)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const result = await verify(name, changed(bundle, path.split('.'), where))
      expect([...codes, 'MALFORMED_BUNDLE']).toContain(result)
    }
  })

  test.each(valid)(
    '%s: any field that is missing or of another type is refused and never crashes',
    async (name) => {
      const text = readFileSync(join(assets ?? '', name, 'bundle.sigstore.json'), 'utf8')
      const bundle: unknown = JSON.parse(text)
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

async function verify(name: string, bundle: unknown): Promise<string> {
  const folder = join(assets ?? '', name)
  const own = (file: string, other: string): string =>
    existsSync(join(folder, file)) ? join(folder, file) : other
  const artifact = readFileSync(own('artifact', join(assets ?? '', 'a.txt')))
  const key = join(folder, 'key.pub')
  return await outcome(() =>
    verifyBundle(parseBundle(Buffer.from(JSON.stringify(bundle))), {
      trust: parseTrustRoot(readFileSync(own('trusted_root.json', productionRoot))),
      keys: existsSync(key) ? [parsePublicKey(readFileSync(key))] : [],
      subject: digestOf(artifact),
      artifact,
      source: { kind: 'file', format: 'bundle' },
      now: new Date(),
      transparencyLog: 'require',
      sct: 'require',
    }),
  )
}

/**
 * Where a field is changed. The certificates in the middle of a timestamp and the witnesses at the end of a
 * checkpoint are not used: only trusted ones count.
 */
function placesIn(path: string): readonly ('start' | 'middle' | 'end')[] {
  if (path.endsWith('.signedTimestamp')) return ['start', 'end']
  return path.endsWith('.envelope') ? ['start'] : ['start', 'middle', 'end']
}

function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => Object(at)[key], value)
}

/** Another value of the same form: another byte of base64, another character of text, the next number. */
function changed(bundle: unknown, path: readonly string[], where: 'start' | 'middle' | 'end'): unknown {
  return replaced(bundle, path, (value) => {
    const text = String(value)
    if (/^[0-9]+$/.test(text)) return String(BigInt(text) + { start: 1n, middle: 2n, end: 1000n }[where])
    if (/^[A-Za-z0-9+/]+=*$/.test(text) && text.length % 4 === 0) {
      const bytes = Buffer.from(text, 'base64')
      const at = { start: 0, middle: bytes.byteLength >> 1, end: bytes.byteLength - 1 }[where]
      bytes[at] = (bytes[at] ?? 0) ^ 1
      return bytes.toString('base64')
    }
    const at = { start: 0, middle: text.length >> 1, end: text.length - 3 }[where]
    return `${text.slice(0, at)}${text[at] === 'x' ? 'y' : 'x'}${text.slice(at + 1)}`
  })
}

function replaced(value: unknown, path: readonly string[], change: (value: unknown) => unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return change(value)
  const child = replaced(Object(value)[key], rest, change)
  if (Array.isArray(value)) return value.map((item: unknown, index) => (String(index) === key ? child : item))
  return { ...Object(value), [key]: child }
}

function pathsOf(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return []
  // The hashes of a proof are alike: three of them stand for all.
  const keys = Object.keys(value).slice(0, Array.isArray(value) ? 3 : undefined)
  return keys.flatMap((key) => [[key], ...pathsOf(Object(value)[key]).map((rest) => [key, ...rest])])
}
