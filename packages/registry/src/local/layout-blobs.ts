import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { checkAborted } from '../aborted.ts'
import type { Call, OpenCall } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { digestAlgorithm, digestHex, isDigest, type Digest } from '../digest.ts'
import { RegistryError } from '../errors.ts'
import { free } from '../owned-chunks.ts'
import { readAll, verifiedStream } from '../verified-stream.ts'
import { chunkMemory, chunkSize } from './chunk-memory.ts'
import { checkBlobFolder, makeBlobFolder } from './blob-folder.ts'
import { readFailed, systemCode, writeFailed } from './file-error.ts'

const batchSize = 1024 * 1024

/** Where a blob lies. A `Digest` is made of hex only, so the path stays inside the layout (attacks B-04, B-05). */
function blobPath(root: string, digest: Digest): string {
  return join(root, 'blobs', digestAlgorithm(digest), digestHex(digest))
}

/**
 * Whether a blob is there and holds the bytes that its digest names: all of them are read.
 * @throws RegistryError MALFORMED_CONTENT, UNREACHABLE
 */
export async function holdsBlob(root: string, descriptor: Descriptor, call?: Call): Promise<boolean> {
  if ((await blobSize(root, descriptor.digest)) !== descriptor.size) return false
  try {
    for await (const _ of readBlob(root, descriptor, { ...call, transient: true }));
    return true
  } catch (error) {
    const differs = error instanceof RegistryError && ['CONTENT_MISMATCH', 'NOT_FOUND'].includes(error.code)
    if (differs) return false
    throw error
  }
}

/** The size of a blob in bytes, or undefined if it is not there. */
export async function blobSize(root: string, digest: Digest): Promise<number | undefined> {
  await checkBlobFolder(root, digestAlgorithm(digest))
  try {
    const found = await lstat(blobPath(root, digest))
    return found.isFile() ? found.size : undefined
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw readFailed(error, digest)
  }
}

/**
 * Streams a blob, verified. Links, pipes and devices are refused before a byte is read (attack B-09).
 * @throws RegistryError NOT_FOUND, MALFORMED_CONTENT, CONTENT_MISMATCH
 */
export function readBlob(root: string, descriptor: Descriptor, call?: OpenCall): AsyncIterable<Uint8Array> {
  return verifiedStream(descriptor, bytesOf(root, descriptor, call))
}

async function* bytesOf(
  root: string,
  descriptor: Descriptor,
  call?: OpenCall,
): AsyncGenerator<Uint8Array, void, undefined> {
  await checkBlobFolder(root, digestAlgorithm(descriptor.digest))
  const file = await openRegular(blobPath(root, descriptor.digest), descriptor.digest)
  try {
    yield* chunksOf(file, call)
  } finally {
    await file.close()
  }
}

/**
 * Opens a file for reading, if it is one.
 * @throws RegistryError NOT_FOUND, MALFORMED_CONTENT, UNREACHABLE
 */
export async function openRegular(path: string, on: string): Promise<FileHandle> {
  // Without O_NONBLOCK the opening of a pipe waits for a writer.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(path, flags).catch((error: unknown) => {
    throw readFailed(error, on)
  })
  try {
    if ((await file.stat()).isFile()) return file
  } catch (error) {
    await file.close()
    throw readFailed(error, on)
  }
  await file.close()
  throw new RegistryError('MALFORMED_CONTENT', 'this is not a regular file', { on })
}

/** The bytes of an open file, in chunks. */
export async function* chunksOf(
  file: FileHandle,
  call?: OpenCall,
): AsyncGenerator<Uint8Array, void, undefined> {
  const memory = chunkMemory(call)
  for (;;) {
    checkAborted(call)
    const { bytesRead, buffer } = await file.read(memory.next(), 0, chunkSize)
    if (bytesRead === 0) return
    yield memory.filled(buffer.subarray(0, bytesRead))
  }
}

/**
 * Stores a blob: written beside its place, verified, then renamed into place, so that a name in `blobs` always has its
 * whole content, whoever else writes and whenever the process dies. Not synced: what a loss of power leaves is found out
 * by its digest when it is read, and written anew by the next copy.
 * @throws RegistryError CONTENT_MISMATCH, WRITE_FAILED
 */
export async function writeBlob(
  root: string,
  descriptor: Descriptor,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  const target = blobPath(root, descriptor.digest)
  const temporary = join(root, 'blobs', `.assay-${process.pid}-${randomBytes(8).toString('hex')}`)
  try {
    await makeBlobFolder(root, digestAlgorithm(descriptor.digest))
    const file = await open(temporary, 'wx', 0o644)
    try {
      await writeStream(file, verifiedStream(descriptor, content))
    } finally {
      await file.close()
    }
    // Whatever has the name already is the same, or damaged, or a planted link: ours is verified.
    await rename(temporary, target)
  } catch (error) {
    throw writeFailed(error, descriptor.digest)
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Removes a blob. One that is not there is removed already. */
export async function removeBlob(root: string, digest: Digest): Promise<void> {
  await checkBlobFolder(root, digestAlgorithm(digest))
  try {
    await rm(blobPath(root, digest), { force: true })
  } catch (error) {
    throw writeFailed(error, digest)
  }
}

/**
 * The bytes of a blob that could be JSON of at most `max` bytes; nobody vouches for them. Undefined for what is
 * larger, is no regular file, or does not begin like JSON.
 * @throws RegistryError UNREACHABLE
 */
export async function readPossibleJson(
  root: string,
  { digest, max }: { readonly digest: Digest; readonly max: number },
  call?: Call,
): Promise<Uint8Array | undefined> {
  await checkBlobFolder(root, digestAlgorithm(digest))
  const file = await openIfRegular(blobPath(root, digest), digest)
  if (file === undefined) return undefined
  try {
    if ((await file.stat()).size > max) return undefined
    const { bytesRead, buffer } = await file.read(Buffer.alloc(1), 0, 1, 0)
    if (bytesRead !== 1 || buffer[0] !== 0x7b) return undefined
    return await readAll(chunksOf(file, call), { limit: max, on: digest })
  } finally {
    await file.close()
  }
}

async function openIfRegular(path: string, on: string): Promise<FileHandle | undefined> {
  try {
    return await openRegular(path, on)
  } catch (error) {
    const isNoFile = error instanceof RegistryError && ['NOT_FOUND', 'MALFORMED_CONTENT'].includes(error.code)
    if (isNoFile) return undefined
    throw error
  }
}

/** The digests of all blobs in the layout, at most `max`. */
export async function listBlobs(root: string, max: number): Promise<readonly Digest[]> {
  await checkBlobFolder(root, 'sha256')
  const names = await readdir(join(root, 'blobs', 'sha256')).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return []
    throw readFailed(error, root)
  })
  if (names.length > max) {
    throw new RegistryError('LIMIT_EXCEEDED', 'the layout has too many blobs to look through', {
      on: root,
      expected: `at most ${max}`,
      got: String(names.length),
    })
  }
  return names.map((name) => `sha256:${name}`).filter(isDigest)
}

/** Writes while the next bytes are on their way: one write at a time, of a mebibyte or so, without copying. */
async function writeStream(file: FileHandle, content: AsyncIterable<Uint8Array>): Promise<void> {
  let batch: Uint8Array[] = []
  let size = 0
  let writing: Promise<void> = Promise.resolve()
  const flush = async (): Promise<void> => {
    await writing
    writing = writeAll(file, batch, size)
    // Whoever awaits it next gets the error; until then it is nobody's.
    writing.catch(() => undefined)
    batch = []
    size = 0
  }
  try {
    for await (const chunk of content) {
      batch.push(chunk)
      size += chunk.byteLength
      if (size >= batchSize) await flush()
    }
    await flush()
  } finally {
    // The file is closed after this: nothing may be under way then.
    await writing
  }
}

async function writeAll(file: FileHandle, batch: readonly Uint8Array[], size: number): Promise<void> {
  if (size === 0) return
  const { bytesWritten } = await file.writev(batch)
  // A disk that is nearly full takes a part.
  if (bytesWritten < size) await file.writeFile(Buffer.concat(batch, size).subarray(bytesWritten))
  for (const chunk of batch) free(chunk)
}
