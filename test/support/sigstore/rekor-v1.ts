import { createHash, sign } from 'node:crypto'
import { json as canonicalJson } from '@sigstore/core'
import { refusal, json, type Answer } from './answer.ts'
import { spkiOf, type KeyPair } from './certificate.ts'
import { signCheckpoint } from './checkpoint.ts'
import { ecKeyPair, hoursAfter, hosts, type Context } from './context.ts'
import { createLog, type Log } from './log.ts'
import { leafHash } from './merkle-tree.ts'
import { canonicalEntry, EntryRefused, unrelatedEntry } from './rekor-v1-entry.ts'

/** A transparency log of the first kind: signed entry timestamps and inclusion proofs, entries found again by id. */
export interface RekorV1 {
  readonly keys: KeyPair
  readonly keyId: Uint8Array
  /** POST /api/v1/log/entries */
  readonly create: (body: Uint8Array) => Answer
  /** GET /api/v1/log/entries/{id} */
  readonly find: (id: string) => Answer
  /** GET /api/v1/log/entries?logIndex={index} */
  readonly at: (logIndex: string) => Answer
  /** POST /api/v1/log/entries/retrieve */
  readonly retrieve: (body: Uint8Array) => Answer
}

/** The log's older shards held so many entries: the index in the log is not the index in its tree. */
const olderShards = 1_000_000
const treeId = '4d2f4a6b8c0e1f37'

export function createRekorV1(context: Context): RekorV1 {
  const log = createLog('v1')
  const keys = ecKeyPair()
  const foreignKeys = ecKeyPair()
  const times = new Map<number, Date>()

  function create(body: Uint8Array): Answer {
    try {
      const { index, isNew } = log.append(entryFor(body))
      const id = entryId(log, index)
      if (!isNew) {
        return json(
          409,
          { code: 409, message: 'an equivalent entry already exists' },
          { location: entryPath(id) },
        )
      }
      times.set(index, context.lies('late-log') ? hoursAfter(context.now(), 1) : context.now())
      // Go clients find the entry in the answer by this header.
      return json(201, { [id]: answerFor(index) }, { etag: id, location: entryPath(id) })
    } catch (error) {
      if (error instanceof EntryRefused) return refusal(400, error.message)
      throw error
    }
  }

  function entryFor(body: Uint8Array): Uint8Array {
    const entry = canonicalEntry(body)
    if (context.lies('another-entry')) return unrelatedEntry(entry, { keepSignature: false })
    if (context.lies('another-entry-key')) return unrelatedEntry(entry, { keepSignature: true })
    return entry
  }

  function find(id: string): Answer {
    const index = log.entries.findIndex((_, position) => entryId(log, position) === id)
    return index < 0 ? refusal(404, 'no such entry') : json(200, { [id]: answerFor(index) })
  }

  function at(logIndex: string): Answer {
    const index = Number(logIndex) - olderShards
    const entry = log.entries[index]
    return entry === undefined
      ? refusal(404, 'no such entry')
      : json(200, { [entryId(log, index)]: answerFor(index) })
  }

  function retrieve(body: Uint8Array): Answer {
    const { entries }: { readonly entries: readonly unknown[] } = JSON.parse(Buffer.from(body).toString())
    const wanted = entries.flatMap((entry) => {
      try {
        return [Buffer.from(canonicalEntry(Buffer.from(JSON.stringify(entry))))]
      } catch (error) {
        if (error instanceof EntryRefused) return []
        throw error
      }
    })
    const found = [...log.entries.entries()].filter(([, entry]) => wanted.some((each) => each.equals(entry)))
    return json(
      200,
      found.map(([index]) => ({ [entryId(log, index)]: answerFor(index) })),
    )
  }

  function answerFor(index: number): unknown {
    const signer = context.lies('foreign-log') ? foreignKeys : keys
    const entry = Buffer.from(log.entries[index] ?? '')
    const time = Math.floor((times.get(index) ?? context.now()).getTime() / 1000)
    const signed = {
      body: entry.toString('base64'),
      integratedTime: time,
      logID: Buffer.from(keyIdOf(signer)).toString('hex'),
      logIndex: olderShards + index,
    }
    const promised = context.lies('wrong-set') ? { ...signed, integratedTime: time - 60 } : signed
    return {
      ...signed,
      verification: {
        inclusionProof: inclusionProof(index, signer),
        signedEntryTimestamp: sign(
          'sha256',
          Buffer.from(canonicalJson.canonicalize(promised)),
          signer.privateKey,
        ).toString('base64'),
      },
    }
  }

  function inclusionProof(index: number, signer: KeyPair): unknown {
    const proof = log.proof(index)
    const root = context.lies('wrong-tree') ? createHash('sha256').update(proof.root).digest() : proof.root
    const name = new URL(hosts.rekorV1).hostname
    const checkpointKeys = context.lies('foreign-checkpoint') ? foreignKeys : signer
    return {
      checkpoint: signCheckpoint(
        { origin: `${name} - ${BigInt(`0x${treeId}`)}`, size: proof.size, root },
        { name, key: checkpointKeys.privateKey, keyId: keyIdOf(signer) },
      ),
      hashes: proof.hashes.map((hash) => Buffer.from(hash).toString('hex')),
      logIndex: proof.index,
      rootHash: Buffer.from(root).toString('hex'),
      treeSize: proof.size,
    }
  }

  return { keys, keyId: keyIdOf(keys), create, find, at, retrieve }
}

function keyIdOf(keys: KeyPair): Uint8Array {
  return createHash('sha256').update(spkiOf(keys.publicKey)).digest()
}

function entryId(log: Log, index: number): string {
  return `${treeId}${Buffer.from(leafHash(log.entries[index] ?? Buffer.alloc(0))).toString('hex')}`
}

function entryPath(id: string): string {
  return `/api/v1/log/entries/${id}`
}
