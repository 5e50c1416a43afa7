import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { CodedError, digestOf, openLayout, type ContentStore, type Digest } from '@assay/registry'
import { RecordError } from '../json/record.ts'
import { maxProgramLength } from '../policy/program-length.ts'
import { parseTrustRoot } from '../trust/parse-trust-root.ts'
import type { TrustRoot } from '../trust/trust-root.ts'
import { programPath } from './recorded-programs.ts'
import { parseRecording, recordingFiles, type RecordingManifest } from './recording.ts'

const maxManifest = 1024 * 1024
const maxTrustRoot = 16 * 1024 * 1024
const maxIndex = 4 * 1024 * 1024
const maxBlobs = 100_000

/** A recording, with every byte of it checked. */
export interface Recording {
  readonly manifest: RecordingManifest
  readonly trustRoot: TrustRoot
  readonly image: ContentStore
  /** The places that hold signatures apart from the image, by repository. */
  readonly sources: ReadonlyMap<string, ContentStore>
  /** The texts of programs that policies name by URL, by digest. */
  readonly programs: ReadonlyMap<string, string>
}

/** A recording that is not there, or is not what was recorded. */
export class RecordingError extends CodedError<'RECORDING_UNREADABLE' | 'RECORDING_CHANGED'> {}

/**
 * Opens a recording. A file that was changed, added to or taken from it is noticed: a test that passes because its
 * signature is damaged would be worse than none.
 * @throws RecordingError RECORDING_UNREADABLE, RECORDING_CHANGED
 * @throws RecordError MALFORMED_RECORD
 * @throws TrustError
 */
export async function openRecording(folder: string): Promise<Recording> {
  const path = join(folder, recordingFiles.manifest)
  const manifest = parseRecording(await readSmall(path, maxManifest), path)
  const rootPath = join(folder, recordingFiles.trustRoot)
  const trustRoot = await readSmall(rootPath, maxTrustRoot)
  checkDigest(rootPath, manifest.trustRoot, digestOf(trustRoot))
  const image = await openPlace(join(folder, recordingFiles.image), manifest.index)
  const sources = new Map<string, ContentStore>()
  for (const source of manifest.sources) {
    if (sources.has(source.repository))
      throw new RecordError('MALFORMED_RECORD', 'a recording names a repository twice', { on: path })
    // oxlint-disable-next-line no-await-in-loop -- few
    sources.set(source.repository, await openPlace(join(folder, source.folder), source.index))
  }
  const programs = await readPrograms(folder, manifest)
  return { manifest, trustRoot: parseTrustRoot(trustRoot), image, sources, programs }
}

async function readPrograms(
  folder: string,
  { programs }: RecordingManifest,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  for (const digest of programs) {
    const path = programPath(folder, digest)
    // oxlint-disable-next-line no-await-in-loop -- few and small
    const bytes = await readSmall(path, maxProgramLength)
    checkDigest(path, digest, digestOf(bytes))
    texts.set(digest, new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes))
  }
  return texts
}

async function openPlace(folder: string, index: Digest): Promise<ContentStore> {
  const path = join(folder, 'index.json')
  checkDigest(path, index, digestOf(await readSmall(path, maxIndex)))
  await checkBlobs(folder)
  return openLayout(folder)
}

/** Each blob has to be what its name says; those that index.json leads to are looked for when they are read. */
async function checkBlobs(folder: string): Promise<void> {
  for (const algorithm of ['sha256', 'sha512'] as const) {
    const directory = join(folder, 'blobs', algorithm)
    // oxlint-disable-next-line no-await-in-loop -- two
    const names = await namesOf(directory)
    if (names.length > maxBlobs)
      throw new RecordingError('RECORDING_UNREADABLE', 'the recording has too many blobs', {
        on: directory,
        expected: `at most ${maxBlobs}`,
      })
    for (const name of names) {
      const path = join(directory, name)
      // oxlint-disable-next-line no-await-in-loop -- one file after the other: hashing is computation
      checkDigest(path, `${algorithm}:${name}`, `${algorithm}:${await hashOf(path, algorithm)}`)
    }
  }
}

async function namesOf(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (isNotFound(error)) return []
    throw unreadable(directory, error)
  }
}

async function hashOf(path: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm)
  try {
    await demandFile(path)
    await pipeline(createReadStream(path), hash)
  } catch (error) {
    if (error instanceof CodedError) throw error
    throw unreadable(path, error)
  }
  return hash.digest('hex')
}

async function readSmall(path: string, limit: number): Promise<Uint8Array> {
  try {
    await demandFile(path)
    await using file = await open(path, 'r')
    const { size } = await file.stat()
    if (size > limit) throw unreadable(path, new Error(`larger than ${limit} bytes`))
    return await file.readFile()
  } catch (error) {
    if (error instanceof CodedError) throw error
    throw unreadable(path, error)
  }
}

/** A link may lead to what has no end, and out of the recording. */
async function demandFile(path: string): Promise<void> {
  if (!(await lstat(path)).isFile()) throw unreadable(path, new Error('not a file'))
}

function checkDigest(on: string, expected: string, got: string): void {
  if (expected === got) return
  throw new RecordingError('RECORDING_CHANGED', 'a file of the recording is not what was recorded', {
    on,
    expected,
    got,
    hint: 'record the image again',
  })
}

function unreadable(on: string, cause: unknown): RecordingError {
  return new RecordingError('RECORDING_UNREADABLE', 'the recording cannot be read', {
    on,
    hint: 'make it with assay policy record',
    cause,
  })
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
