import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { evictOldest, type Held } from './evict-oldest.ts'
import { FactsError } from './facts-error.ts'
import type { FactsStore } from './facts-store.ts'
import { codeOf, makeOwnFile, ownDirectory, readOwnFile, replaceOwnFile } from './own-files.ts'

export interface FactsPlaces {
  /** Made where it is not there. */
  readonly directory: string
  /**
   * The key that entries are authenticated with, apart from them: a directory that was restored from elsewhere, or
   * written by somebody without the key, tells nothing.
   */
  readonly keyFile: string
  /** Bytes that the directory may hold; the least lately used entries go first. */
  readonly limit?: number
  /** Entries that it may hold, likewise. */
  readonly maxEntries?: number
}

/** Told why something was not remembered or not kept. */
export type OnProblem = (problem: Error) => void

const defaultLimit = 512 * 1024 * 1024
const defaultEntries = 50_000
const magic = Buffer.from('assay facts 1\n')
const tagLength = 32
const keyLength = 32

/**
 * A directory of remembered facts, one file an entry. Processes may share it: entries are whole or not there, and an
 * entry that is not what was written under its name is left aside.
 * @throws FactsError UNSAFE_FACTS, FACTS_UNAVAILABLE
 */
export async function openFactsDirectory(places: FactsPlaces, onProblem: OnProblem): Promise<FactsStore> {
  const { directory, keyFile, limit = defaultLimit, maxEntries = defaultEntries } = places
  const key = await orUnavailable(directory, async () => {
    await ownDirectory(directory)
    await ownDirectory(dirname(keyFile))
    return await keyIn(keyFile)
  })
  const pathOf = (name: string): string =>
    join(directory, `${createHash('sha256').update(name).digest('hex')}.facts`)
  let held: Held | undefined
  return {
    async get(name) {
      const path = pathOf(name)
      try {
        const bytes = await readOwnFile(path, limit)
        if (bytes === undefined) return undefined
        const content = authenticated(bytes, { key, name, path })
        await touch(path)
        return content
      } catch (error) {
        onProblem(problemOf(path, error))
        return undefined
      }
    },
    async put(name, bytes) {
      // One entry does not push all others out.
      if (bytes.length > limit / 4) return
      const path = pathOf(name)
      try {
        await replaceOwnFile(path, Buffer.concat([magic, tagOf(bytes, key, name), bytes]))
        // What is there from before, nobody has counted yet.
        if (held !== undefined) held = { bytes: held.bytes + bytes.length, files: held.files + 1 }
        if (held === undefined || held.bytes > limit || held.files > maxEntries)
          held = await evictOldest(directory, { bytes: limit, files: maxEntries })
      } catch (error) {
        onProblem(problemOf(path, error))
      }
    },
    refuse: (name, reason) => onProblem(problemOf(pathOf(name), reason)),
  }
}

async function keyIn(path: string): Promise<Buffer> {
  const known = await readOwnFile(path, keyLength)
  if (known?.length === keyLength) return known
  if (known !== undefined) throw broken(path, `${keyLength} bytes`, `${known.length} bytes`)
  const made = randomBytes(keyLength)
  return (await makeOwnFile(path, made)) ? made : await keyIn(path)
}

function tagOf(bytes: Buffer, key: Buffer, name: string): Buffer {
  // The name is of one length for all: it cannot run into the bytes.
  const about = createHash('sha256').update(name).digest()
  return createHmac('sha256', key).update(magic).update(about).update(bytes).digest()
}

function authenticated(
  bytes: Buffer,
  { key, name, path }: { readonly key: Buffer; readonly name: string; readonly path: string },
): Buffer {
  const content = bytes.subarray(magic.length + tagLength)
  const tag = bytes.subarray(magic.length, magic.length + tagLength)
  const whole = tag.length === tagLength && bytes.subarray(0, magic.length).equals(magic)
  if (whole && timingSafeEqual(tag, tagOf(content, key, name))) return content
  throw broken(path, 'the bytes that were written with the key of this user', 'others')
}

/** So that it counts as used; an entry that was taken away meanwhile is no problem. */
async function touch(path: string): Promise<void> {
  const now = new Date()
  await utimes(path, now, now).catch(() => undefined)
}

async function orUnavailable<Value>(on: string, open: () => Promise<Value>): Promise<Value> {
  try {
    return await open()
  } catch (error) {
    throw problemOf(on, error)
  }
}

function problemOf(on: string, error: unknown): Error {
  if (error instanceof FactsError) return error
  const got = codeOf(error)
  if (got === undefined) throw error
  return new FactsError('FACTS_UNAVAILABLE', 'what is remembered cannot be read or written', {
    on,
    got,
    cause: error,
  })
}

function broken(on: string, expected: string, got: string): FactsError {
  return new FactsError('BROKEN_FACTS', 'what is remembered is not what was written', {
    on,
    expected,
    got,
  })
}
