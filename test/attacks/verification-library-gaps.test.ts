import { createRequire } from 'node:module'
import { bundleFromJSON } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import { digestOf } from '@assay/registry'
import { bodyOf, pem, relog, withEntries, withEntry } from '@assay/test-support/log-tampering'
import { signCheckpoint } from '@assay/test-support/sigstore/checkpoint'
import { ecKeyPair, hosts } from '@assay/test-support/sigstore/context'
import { signBundle } from '@assay/test-support/sigstore/sign-bundle'
import { artifact, outcome, signed, sigstoreAt, verifyJson } from '@assay/test-support/verification'
import type { VirtualSigstore } from '@assay/test-support/sigstore/virtual-sigstore'
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'

/** What the library alone says, with its default thresholds. */
function library(
  sigstore: VirtualSigstore,
  bundle: unknown,
  changes: { readonly subjectAlternativeName?: string } = {},
): string {
  const root = TrustedRoot.fromJSON(JSON.parse(Buffer.from(sigstore.trustedRoot).toString()))
  try {
    new Verifier(toTrustMaterial(root)).verify(toSignedEntity(bundleFromJSON(bundle)), changes)
    return 'accepted'
  } catch (error) {
    return error instanceof Error ? `refused: ${error.message}` : 'refused'
  }
}

// docs/decisions/0003-sigstore-verify-gaps.md: each test shows what the library does and what we do instead. When
// a new version closes a gap, its test fails and the decision is looked at again.
describe('gaps of @sigstore/verify', () => {
  test('the version is the one that the list was made on', () => {
    const { version }: { version: string } = createRequire(import.meta.url)('@sigstore/verify/package.json')
    expect(version).toBe('4.1.3')
  })

  test('J-3: it accepts an entry that was logged under another key', async () => {
    const sigstore = sigstoreAt()
    const bundle = withEntry(await signed(sigstore), (entry) => {
      const body = bodyOf(entry)
      body.spec.signatures[0].verifier = pem(ecKeyPair().publicKey)
      relog(sigstore, entry, body)
    })
    expect(library(sigstore, bundle)).toBe('accepted')
    expect(await outcome(() => verifyJson(sigstore, bundle))).toBe('LOG_ENTRY_MISMATCH')
  })

  test('J-5: it accepts a statement about anything, and an envelope of any type', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore, { payloadType: 'text/plain', payload: Buffer.from('no statement') })
    expect(library(sigstore, bundle)).toBe('accepted')
    expect(await outcome(() => verifyJson(sigstore, bundle))).toBe('WRONG_PAYLOAD_TYPE')
    const other = { subject: digestOf(Buffer.from('other')) }
    expect(await outcome(async () => verifyJson(sigstore, await signed(sigstore), other))).toBe(
      'SUBJECT_MISMATCH',
    )
  })

  test('J-4: it takes a name for an expression that may match anywhere', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore)
    expect(library(sigstore, bundle, { subjectAlternativeName: 'r.l.ase' })).toBe('accepted')
  })

  test('it refuses a bundle for one entry of an unknown log', async () => {
    const sigstore = sigstoreAt()
    const foreign = sigstoreAt()
    const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const options = { payload: artifact, content: 'message', signer: keys } as const
    const [mine, theirs] = [await signBundle(sigstore, options), await signBundle(foreign, options)]
    const both = withEntries(mine, [
      ...mine.verificationMaterial.tlogEntries,
      ...theirs.verificationMaterial.tlogEntries,
    ])
    expect(library(sigstore, both)).toContain('refused')
    const { parsePublicKey } = await import('@assay/core')
    const trusted = parsePublicKey(keys.publicKey.export({ format: 'pem', type: 'spki' }).toString())
    expect(await outcome(() => verifyJson(sigstore, both, { artifact, keys: [trusted] }))).toBe('ok')
  })

  test('J-7: it accepts a checkpoint of another origin, signed under a part of the name', async () => {
    const sigstore = sigstoreAt()
    const bundle = withEntry(await signed(sigstore), (entry) => {
      const proof = entry.inclusionProof
      proof.checkpoint.envelope = signCheckpoint(
        { origin: 'other.test', size: Number(proof.treeSize), root: Buffer.from(proof.rootHash, 'base64') },
        {
          name: new URL(hosts.rekorV1).hostname.slice(2, 7),
          key: sigstore.services.rekorV1.keys.privateKey,
          keyId: Buffer.from(entry.logId.keyId, 'base64'),
        },
      )
    })
    expect(library(sigstore, bundle)).toBe('accepted')
    expect(await outcome(() => verifyJson(sigstore, bundle))).toBe('INVALID_CHECKPOINT')
  })

  test('it takes a log without the start of its validity for one that was always valid', async () => {
    const sigstore = sigstoreAt()
    const document = JSON.parse(Buffer.from(sigstore.trustedRoot).toString())
    delete document.tlogs[0].publicKey.validFor.start
    const trustedRoot = Buffer.from(JSON.stringify(document))
    expect(library({ ...sigstore, trustedRoot }, await signed(sigstore))).toBe('accepted')
    const { parseTrustRoot } = await import('@assay/core')
    expect(() => parseTrustRoot(trustedRoot)).toThrow(
      expect.objectContaining({ code: 'MALFORMED_TRUST_ROOT' }),
    )
  })

  test('J-1: closed in this version for copies of an entry; two entries of one log still count twice for it', async () => {
    const sigstore = sigstoreAt()
    const bundle = await signed(sigstore)
    const copies = withEntries(bundle, [
      ...bundle.verificationMaterial.tlogEntries,
      ...bundle.verificationMaterial.tlogEntries,
    ])
    expect(library(sigstore, copies)).toContain('duplicate')
  })
})
