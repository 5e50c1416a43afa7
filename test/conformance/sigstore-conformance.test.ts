import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseBundle, parsePublicKey, parseTrustRoot, verifyBundle } from '@assay/core'
import { digestOf } from '@assay/registry'
import { corpus } from '@assay/test-support/corpora'
import { outcome } from '@assay/test-support/verification'
import { describe, expect, test } from 'vitest'

const assets = corpus('sigstore-conformance')
const productionRoot = join(corpus('trust') ?? '', 'public-good.trusted_root.json')

/** What each case must be refused for; cases that are not here must verify. */
const refusals: Readonly<Record<string, string>> = {
  'bundle-empty-certificate-chain_fail': 'MALFORMED_BUNDLE',
  'bundle-from-wrong-instance_fail': 'MISSING_LOG_ENTRY',
  'bundle-malformed-json_fail': 'MALFORMED_BUNDLE',
  'bundle-negative-log-index_fail': 'MALFORMED_BUNDLE',
  'bundle-with-root-cert_fail': 'INVALID_CERTIFICATE',
  'checkpoint-wrong-roothash_fail': 'INVALID_CHECKPOINT',
  'dsse-invalid-sig_fail': 'LOG_ENTRY_MISMATCH',
  'dsse-mismatch-sig_fail': 'LOG_ENTRY_MISMATCH',
  'inclusion-proof-corrupted-hash_fail': 'INVALID_LOG_PROOF',
  // The entry's body was changed, so the log's signature over it does not hold any more.
  'incorrect-public-key_fail': 'INVALID_LOG_PROMISE',
  'intoto-expired-certificate_fail': 'CERTIFICATE_NOT_VALID_AT_TIME',
  // The entry's signature is not the twice encoded one of its kind.
  'intoto-log-entry-mismatch_fail': 'MALFORMED_BUNDLE',
  'intoto-set-outside-signing-cert-validity_fail': 'CERTIFICATE_NOT_VALID_AT_TIME',
  'intoto-tsa-timestamp-outside-cert-validity_fail': 'CERTIFICATE_NOT_VALID_AT_TIME',
  'invalid-checkpoint-signature_fail': 'INVALID_CHECKPOINT',
  'invalid-ct-key_fail': 'INVALID_SCT',
  'managed-key-wrong-key_fail': 'MALFORMED_KEY',
  'message-digest-mismatch_fail': 'SUBJECT_MISMATCH',
  'rekor2-checkpoint-missing-log-signature_fail': 'INVALID_CHECKPOINT',
  'rekor2-checkpoint-missing-origin_fail': 'INVALID_CHECKPOINT',
  'rekor2-checkpoint-missing-size_fail': 'INVALID_CHECKPOINT',
  'rekor2-dsse-invalid-sig_fail': 'LOG_ENTRY_MISMATCH',
  'rekor2-dsse-mismatch-sig_fail': 'LOG_ENTRY_MISMATCH',
  'rekor2-no-timestamp_fail': 'MISSING_TIMESTAMP',
  'rekor2-timestamp-outside-trust-root-tsa-validity_fail': 'INVALID_TIMESTAMP',
  'rekor2-timestamp-payload-mismatch_fail': 'INVALID_TIMESTAMP',
  'rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail': 'MISSING_TIMESTAMP',
  'set-invalid-signature_fail': 'INVALID_LOG_PROMISE',
  'trust-root-tlog-missing-validity-start_fail': 'MALFORMED_TRUST_ROOT',
  'wrong-hashedrekord-artifact_fail': 'LOG_ENTRY_MISMATCH',
  'wrong-hashedrekord-cert-and-sig_fail': 'LOG_ENTRY_MISMATCH',
  'wrong-material_fail': 'SUBJECT_MISMATCH',
}

const cases =
  assets === undefined
    ? []
    : readdirSync(assets).filter((name) => existsSync(join(assets, name, 'bundle.sigstore.json')))

describe.skipIf(assets === undefined)('sigstore-conformance', () => {
  test('there are cases, and every expected refusal has one', () => {
    expect(cases.length).toBeGreaterThanOrEqual(47)
    expect(cases.filter((name) => name.endsWith('_fail')).toSorted()).toEqual(
      Object.keys(refusals).toSorted(),
    )
  })

  test.each(cases.flatMap((name) => [[name, 'file'] as const, [name, 'digest'] as const]))(
    '%s by %s',
    async (name, input) => {
      const folder = join(assets ?? '', name)
      const own = (file: string, other: string): string =>
        existsSync(join(folder, file)) ? join(folder, file) : other
      const artifact = readFileSync(own('artifact', join(assets ?? '', 'a.txt')))
      const result = await outcome(async () => {
        const key = join(folder, 'key.pub')
        await verifyBundle(parseBundle(readFileSync(join(folder, 'bundle.sigstore.json'))), {
          trust: parseTrustRoot(readFileSync(own('trusted_root.json', productionRoot))),
          keys: existsSync(key) ? [parsePublicKey(readFileSync(key))] : [],
          subject: digestOf(artifact),
          ...(input === 'file' && { artifact }),
          source: { kind: 'file', format: 'bundle' },
          now: new Date(),
          transparencyLog: 'require',
          sct: 'require',
        })
      })
      expect(result).toBe(refusals[name] ?? 'ok')
    },
  )
})
