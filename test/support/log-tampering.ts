import { createHash, sign, type KeyObject } from 'node:crypto'
import { json } from '@sigstore/core'
import { signCheckpoint } from './sigstore/checkpoint.ts'
import { hosts } from './sigstore/context.ts'
import type { TestBundle, TestLogEntry } from './sigstore/test-bundle.ts'
import type { VirtualSigstore } from './sigstore/virtual-sigstore.ts'

export type Mutable<T> = { -readonly [K in keyof T]: Mutable<T[K]> }

/** The bundle with its first log entry changed. */
export function withEntry(bundle: TestBundle, change: (entry: Mutable<TestLogEntry>) => void): TestBundle {
  const [first, ...others] = bundle.verificationMaterial.tlogEntries
  if (first === undefined) throw new Error('there is no entry to change')
  const entry: Mutable<TestLogEntry> = JSON.parse(JSON.stringify(first))
  change(entry)
  return withEntries(bundle, [entry, ...others])
}

export function withEntries(bundle: TestBundle, entries: readonly TestLogEntry[]): TestBundle {
  const { verificationMaterial } = bundle
  return { ...bundle, verificationMaterial: { ...verificationMaterial, tlogEntries: entries } }
}

export function bodyOf(entry: TestLogEntry): any {
  return JSON.parse(Buffer.from(entry.canonicalizedBody, 'base64').toString())
}

/** Signs a changed body as the log would: a promise over it and a tree of one leaf. */
export function relog(sigstore: VirtualSigstore, entry: Mutable<TestLogEntry>, body: unknown): void {
  const { privateKey } = sigstore.services.rekorV1.keys
  const bytes = Buffer.from(typeof body === 'string' ? body : json.canonicalize(body))
  const keyId = Buffer.from(entry.logId.keyId, 'base64')
  entry.canonicalizedBody = bytes.toString('base64')
  const promised = json.canonicalize({
    body: entry.canonicalizedBody,
    integratedTime: Number(entry.integratedTime),
    logID: keyId.toString('hex'),
    logIndex: Number(entry.logIndex),
  })
  entry.inclusionPromise = {
    signedEntryTimestamp: sign('sha256', Buffer.from(promised), privateKey).toString('base64'),
  }
  const root = createHash('sha256')
    .update(Buffer.from([0]))
    .update(bytes)
    .digest()
  const name = new URL(hosts.rekorV1).hostname
  const envelope = signCheckpoint({ origin: `${name} - 1`, size: 1, root }, { name, key: privateKey, keyId })
  entry.inclusionProof = {
    logIndex: '0',
    treeSize: '1',
    rootHash: root.toString('base64'),
    hashes: [],
    checkpoint: { envelope },
  }
}

export function pem(key: KeyObject): string {
  return Buffer.from(key.export({ format: 'pem', type: 'spki' })).toString('base64')
}

/** Base64 with another first byte. */
export function flip(text: string): string {
  const bytes = Buffer.from(text, 'base64')
  bytes[0] = (bytes[0] ?? 0) ^ 1
  return bytes.toString('base64')
}
