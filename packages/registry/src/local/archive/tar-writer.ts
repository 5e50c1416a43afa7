import { randomBytes } from 'node:crypto'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { RegistryError } from '../../errors.ts'
import { free, freeAlone } from '../../owned-chunks.ts'
import { writeFailed } from '../file-error.ts'

/** A tar archive that is being written. It takes its name when it is whole. */
export interface TarWriter {
  /**
   * Adds a file of exactly `size` bytes. Several may be added at once: each has its own place in the archive. A content
   * that fails before its first byte leaves no trace; one that fails later has to be added again, in the same place.
   */
  add(
    file: { readonly name: string; readonly size: number },
    content: AsyncIterable<Uint8Array>,
  ): Promise<void>
  /** @throws RegistryError WRITE_FAILED */
  finish(): Promise<void>
  /** Removes what was written. */
  discard(): Promise<void>
}

const block = 512
const batchSize = 1024 * 1024

/**
 * Writes a tar archive (POSIX 2017, pax "ustar Interchange Format") beside its place, and renames it into place at the
 * end: a name never has half an archive. All times are zero and all owners root.
 * @throws RegistryError WRITE_FAILED
 */
export async function tarWriter(path: string): Promise<TarWriter> {
  const temporary = `${path}.assay-${process.pid}-${randomBytes(8).toString('hex')}`
  const file = await open(temporary, 'wx', 0o644).catch((error: unknown) => {
    throw writeFailed(error, path)
  })
  let end = 0
  /** Where content has failed on its way. */
  const unfilled = new Map<string, number>()
  const reserve = (length: number): number => {
    const at = end
    end += length
    return at
  }
  return {
    async add({ name, size }, content) {
      const chunks = content[Symbol.asyncIterator]()
      const first = await chunks.next()
      const header = headerOf(name, size)
      const at = unfilled.get(name) ?? reserve(header.byteLength + Math.ceil(size / block) * block)
      unfilled.set(name, at)
      try {
        const rest = { first, chunks, at: at + header.byteLength, size }
        await writeContent(file, rest)
        await file.write(header, 0, header.byteLength, at)
        unfilled.delete(name)
      } catch (error) {
        throw writeFailed(error, path)
      }
    },
    async finish() {
      try {
        if (unfilled.size > 0)
          throw new RegistryError('WRITE_FAILED', 'the archive is not whole', { on: path })
        // Two blocks of zeros; the rests of blocks are holes, which read as zeros too.
        await file.truncate(end + 2 * block)
        await file.sync()
        await file.close()
        await rename(temporary, path)
      } catch (error) {
        throw writeFailed(error, path)
      } finally {
        await file.close().catch(() => undefined)
        await rm(temporary, { force: true })
      }
    },
    async discard() {
      await file.close().catch(() => undefined)
      await rm(temporary, { force: true })
    },
  }
}

interface Content {
  readonly first: IteratorResult<Uint8Array>
  readonly chunks: AsyncIterator<Uint8Array>
  readonly at: number
  readonly size: number
}

async function writeContent(file: FileHandle, { first, chunks, at, size }: Content): Promise<void> {
  let batch: Uint8Array[] = []
  let held = 0
  let written = 0
  const flush = async (): Promise<void> => {
    const bytes = Buffer.concat(batch, held)
    for (const chunk of batch) free(chunk)
    await writeWhole(file, bytes, at + written)
    freeAlone(bytes)
    written += held
    batch = []
    held = 0
  }
  for (let next = first; next.done !== true; next = await chunks.next()) {
    batch.push(next.value)
    held += next.value.byteLength
    if (written + held > size) break
    if (held >= batchSize) await flush()
  }
  if (written + held !== size)
    throw new RegistryError('CONTENT_MISMATCH', 'the content does not have its size', {
      expected: `${size} bytes`,
    })
  await flush()
}

async function writeWhole(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.byteLength - done, at + done)
    done += bytesWritten
  }
}

function headerOf(name: string, size: number): Buffer {
  if (Buffer.byteLength(name) <= 100) return plainHeader({ name, size, type: '0' })
  const record = paxRecord('path', name)
  const padding = Buffer.alloc((block - (record.byteLength % block)) % block)
  return Buffer.concat([
    plainHeader({ name: 'pax', size: record.byteLength, type: 'x' }),
    record,
    padding,
    plainHeader({ name: name.slice(0, 100), size, type: '0' }),
  ])
}

/** `<length> <key>=<value>\n`; the length counts its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`
  let length = Buffer.byteLength(rest)
  while (Buffer.byteLength(`${length}${rest}`) !== length) length = Buffer.byteLength(`${length}${rest}`)
  return Buffer.from(`${length}${rest}`)
}

function plainHeader({
  name,
  size,
  type,
}: {
  readonly name: string
  readonly size: number
  readonly type: string
}): Buffer {
  const header = Buffer.alloc(block)
  header.write(name, 0, 100, 'utf8')
  for (const [at, text] of [
    [100, '0000644'],
    [108, '0000000'],
    [116, '0000000'],
    [136, '00000000000'],
    [148, '        '],
    [156, type],
    [257, 'ustar'],
    [263, '00'],
  ] as const)
    header.write(text, at, 'latin1')
  if (size < 8 ** 11) header.write(size.toString(8).padStart(11, '0'), 124, 'latin1')
  else {
    // GNU's binary form, for 8 GiB and more.
    header[124] = 0x80
    header.writeUIntBE(size, 130, 6)
  }
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}
