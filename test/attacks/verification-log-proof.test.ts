import { createHash } from 'node:crypto'
import { json } from '@sigstore/core'
import { signCheckpoint } from '@assay/test-support/sigstore/checkpoint'
import { hosts } from '@assay/test-support/sigstore/context'
import { preAuthEncoding } from '@assay/test-support/sigstore/rekor-entry'
import type { TestLogEntry } from '@assay/test-support/sigstore/test-bundle'
import type { Lie } from '@assay/test-support/sigstore/lies'
import { bodyOf, flip, relog, withEntries, withEntry, type Mutable } from '@assay/test-support/log-tampering'
import { outcome, signed, sigstoreAt, statementPayload, verifyJson } from '@assay/test-support/verification'
import { describe, expect, test } from 'vitest'

describe('A.1 the log must prove it', () => {
  test.each<[Lie, string]>([
    ['another-entry', 'LOG_ENTRY_MISMATCH'],
    ['another-entry-key', 'LOG_ENTRY_MISMATCH'],
    ['wrong-set', 'INVALID_LOG_PROMISE'],
    ['wrong-tree', 'INVALID_LOG_PROOF'],
    ['foreign-checkpoint', 'INVALID_CHECKPOINT'],
    ['foreign-log', 'MISSING_LOG_ENTRY'],
    ['late-log', 'TIME_IN_FUTURE'],
  ])('A-02, A-06: a log that lies by "%s" is refused with %s', async (lie, code) => {
    const sigstore = sigstoreAt()
    sigstore.tell(lie)
    const bundle = await signed(sigstore)
    expect(await outcome(() => verifyJson(sigstore, bundle))).toBe(code)
  })

  test('A-08: a spliced entry is refused even where the log is not demanded', async () => {
    const sigstore = sigstoreAt()
    const [mine, other] = [await signed(sigstore), await signed(sigstore)]
    const spliced = withEntries(mine, other.verificationMaterial.tlogEntries)
    const ignoring = { transparencyLog: 'insecure-ignore' } as const
    expect(await outcome(() => verifyJson(sigstore, mine, ignoring))).toBe('ok')
    expect(await outcome(() => verifyJson(sigstore, spliced, ignoring))).toBe('LOG_ENTRY_MISMATCH')
  })

  test.each<[string, (entry: Mutable<TestLogEntry>) => void, string]>([
    [
      'an unknown kind',
      (entry) => {
        entry.kindVersion = { kind: 'foo', version: '0.0.1' }
      },
      'LOG_ENTRY_MISMATCH',
    ],
    [
      'the kind of Rekor v2',
      (entry) => {
        entry.kindVersion = { kind: 'hashedrekord', version: '0.0.2' }
      },
      'LOG_ENTRY_MISMATCH',
    ],
    [
      'an unknown version',
      (entry) => {
        entry.kindVersion = { kind: 'dsse', version: '0.0.3' }
      },
      'LOG_ENTRY_MISMATCH',
    ],
  ])('A-09: an entry that is said to be of %s is refused, not ignored', async (_, change, code) => {
    const sigstore = sigstoreAt()
    const bundle = withEntry(await signed(sigstore), change)
    expect(await outcome(() => verifyJson(sigstore, bundle))).toBe(code)
  })

  test.each(['foo/0.0.1', 'dsse/0.0.3', 'hashedrekord/0.0.3', 'intoto/0.0.3'])(
    'A-09: an entry that is of the unknown kind %s is refused, not ignored',
    async (kindVersion) => {
      const sigstore = sigstoreAt()
      const [kind = '', version = ''] = kindVersion.split('/')
      const bundle = withEntry(await signed(sigstore), (entry) => {
        entry.kindVersion = { kind, version }
        relog(sigstore, entry, { ...bodyOf(entry), kind, apiVersion: version })
      })
      expect(await outcome(() => verifyJson(sigstore, bundle))).toBe('UNSUPPORTED_FORMAT')
    },
  )

  test('A-09: a hashedrekord 0.0.1 entry for an envelope is refused, though everything in it is right', async () => {
    const sigstore = sigstoreAt()
    const made = await signed(sigstore)
    const message = preAuthEncoding('application/vnd.in-toto+json', statementPayload())
    const value = createHash('sha256').update(message).digest('hex')
    const bundle = withEntry(made, (entry) => {
      const { spec } = bodyOf(entry)
      entry.kindVersion = { kind: 'hashedrekord', version: '0.0.1' }
      const [{ signature, verifier }] = spec.signatures
      relog(sigstore, entry, {
        apiVersion: '0.0.1',
        kind: 'hashedrekord',
        spec: {
          data: { hash: { algorithm: 'sha256', value } },
          signature: { content: signature, publicKey: { content: verifier } },
        },
      })
    })
    expect(await outcome(() => verifyJson(sigstore, bundle))).toBe('LOG_ENTRY_MISMATCH')
  })

  test.each([42, null, 'text', [], { kind: 'dsse' }, { kind: 'dsse', apiVersion: '0.0.1', spec: null }])(
    'A-51: an entry with the body %j is refused and does not crash',
    async (body) => {
      const sigstore = sigstoreAt()
      const bundle = withEntry(await signed(sigstore), (entry) =>
        relog(sigstore, entry, json.canonicalize(body)),
      )
      expect(await outcome(() => verifyJson(sigstore, bundle))).toBe('MALFORMED_BUNDLE')
    },
  )

  test.each(['-1', '1e3', '0x10', '', '18446744073709551615', '18446744073709551616', ' 1', '01'])(
    'A-14: a checkpoint of the size "%s" is refused and does not crash',
    async (size) => {
      const sigstore = sigstoreAt()
      const bundle = withEntry(await signed(sigstore), (entry) => {
        const { envelope } = entry.inclusionProof.checkpoint
        const lines = envelope.split('\n')
        lines[1] = size
        entry.inclusionProof.checkpoint.envelope = lines.join('\n')
      })
      expect(await outcome(() => verifyJson(sigstore, bundle))).toBe('INVALID_CHECKPOINT')
    },
  )

  test('A-14: an index beyond the tree is refused', async () => {
    const sigstore = sigstoreAt()
    const bundle = withEntry(await signed(sigstore), (entry) => {
      entry.inclusionProof.logIndex = entry.inclusionProof.treeSize
    })
    expect(await outcome(() => verifyJson(sigstore, bundle))).toBe('INVALID_LOG_PROOF')
  })

  test.each(['(a+)+$', 'sigstore', 'rekor', '.*', 'rekor.sigstore.tes'])(
    'A-14, D-26, J-7: a checkpoint signed under the name "%s" is not the log\'s',
    async (name) => {
      const sigstore = sigstoreAt()
      const bundle = withEntry(await signed(sigstore), (entry) => {
        const { checkpoint } = entry.inclusionProof
        checkpoint.envelope = checkpoint.envelope.replace(/\u2014 \S+ /, `\u2014 ${name} `)
      })
      expect(await outcome(() => verifyJson(sigstore, bundle))).toBe('INVALID_CHECKPOINT')
    },
  )

  test("J-7: a checkpoint of another origin is refused though the log's key signed it", async () => {
    const sigstore = sigstoreAt()
    const { privateKey } = sigstore.services.rekorV1.keys
    const name = new URL(hosts.rekorV1).hostname
    for (const origin of ['other.test', `${name}.evil.test`, `${name} - 1 - 2`, `${name}/x`]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const bundle = withEntry(await signed(sigstore), (entry) => {
        const proof = entry.inclusionProof
        proof.checkpoint.envelope = signCheckpoint(
          { origin, size: Number(proof.treeSize), root: Buffer.from(proof.rootHash, 'base64') },
          { name, key: privateKey, keyId: Buffer.from(entry.logId.keyId, 'base64') },
        )
      })
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await outcome(() => verifyJson(sigstore, bundle))).toBe('INVALID_CHECKPOINT')
    }
  })

  test('A-11: a flipped byte in any hash of a Rekor v2 proof, in the leaf or in the root is refused', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore, { log: 'v2' })
    expect(await outcome(() => verifyJson(sigstore, bundle))).toBe('ok')
    const [entry] = bundle.verificationMaterial.tlogEntries
    const count = entry?.inclusionProof.hashes.length ?? 0
    expect(count).toBeGreaterThan(1)
    const changes: readonly ((entry: Mutable<TestLogEntry>) => void)[] = [
      ...Array.from({ length: count }, (_, index) => (target: Mutable<TestLogEntry>) => {
        target.inclusionProof.hashes[index] = flip(target.inclusionProof.hashes[index] ?? '')
      }),
      (target) => {
        target.canonicalizedBody = flip(target.canonicalizedBody)
      },
      (target) => {
        target.inclusionProof.rootHash = flip(target.inclusionProof.rootHash)
      },
      (target) => {
        target.inclusionProof.hashes.push(target.inclusionProof.rootHash)
      },
      (target) => {
        target.inclusionProof.hashes.pop()
      },
      (target) => {
        target.inclusionProof.logIndex = String(Number(target.inclusionProof.logIndex) - 1)
      },
    ]
    const results = await Promise.all(
      changes.map((change) => outcome(() => verifyJson(sigstore, withEntry(bundle, change)))),
    )
    expect(results).toEqual(changes.map(() => 'INVALID_LOG_PROOF'))
  })

  test('A-12: further entries and hashes beside the authenticated ones are refused or do not count', async () => {
    const sigstore = sigstoreAt()
    const bundle = withEntry(await signed(sigstore), (entry) => {
      Object.assign(entry, { attestation: { data: 'e30=' } })
    })
    expect(await outcome(() => verifyJson(sigstore, bundle))).toBe('MALFORMED_BUNDLE')
  })
})
