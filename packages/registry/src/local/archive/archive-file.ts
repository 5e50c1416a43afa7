import { lstat } from 'node:fs/promises'
import { checkAborted } from '../../aborted.ts'
import type { OpenCall } from '../../content.ts'
import { RegistryError } from '../../errors.ts'
import { readAll } from '../../verified-stream.ts'
import { readFailed } from '../file-error.ts'
import { chunkMemory, chunkSize } from '../chunk-memory.ts'
import { openRegular } from '../layout-blobs.ts'
import { indexTar, type TarFile } from './tar-index.ts'

/** The files in one tar archive. The archive is opened for each read, so that nothing has to be closed. */
export interface ArchiveFile {
  readonly path: string
  /** The file of this name, or undefined. */
  find(name: string): Promise<TarFile | undefined>
  names(): Promise<readonly string[]>
  /** Streams a file's bytes, unverified. */
  read(file: TarFile, call?: OpenCall): AsyncIterable<Uint8Array>
  /** A whole file of at most `limit` bytes. */
  readWhole(file: TarFile, limit: number): Promise<Uint8Array>
}

/** Opens an archive lazily. Links and devices in its place are refused. */
export function archiveFile(path: string): ArchiveFile {
  let indexed: { readonly stamp: string; readonly files: Promise<ReadonlyMap<string, TarFile>> } | undefined
  const files = async (): Promise<ReadonlyMap<string, TarFile>> => {
    const stamp = await stampOf(path)
    if (indexed?.stamp !== stamp) indexed = { stamp, files: readIndex(path) }
    return await indexed.files
  }
  const archive: ArchiveFile = {
    path,
    find: async (name) => (await files()).get(name),
    names: async () => [...(await files()).keys()],
    read: (file, call) => readPart(path, file, call),
    readWhole: async (file, limit) => {
      if (file.size > limit) {
        throw new RegistryError('LIMIT_EXCEEDED', 'a file of the archive is larger than its limit', {
          on: path,
          expected: `at most ${limit} bytes`,
        })
      }
      return await readAll(archive.read(file), { limit, on: path })
    },
  }
  return archive
}

async function readIndex(path: string): Promise<ReadonlyMap<string, TarFile>> {
  const file = await openRegular(path, path)
  try {
    return await indexTar(file, path)
  } finally {
    await file.close()
  }
}

async function stampOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await lstat(path, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
  } catch (error) {
    throw readFailed(error, path)
  }
}

async function* readPart(
  path: string,
  { offset, size }: TarFile,
  call?: OpenCall,
): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await openRegular(path, path)
  const memory = chunkMemory(call)
  try {
    for (let at = 0; at < size;) {
      checkAborted(call)
      const length = Math.min(chunkSize, size - at)
      const { bytesRead, buffer } = await file.read(memory.next(), 0, length, offset + at)
      if (bytesRead === 0) return
      at += bytesRead
      yield memory.filled(buffer.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
}
