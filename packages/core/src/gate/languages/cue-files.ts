/** Answers of the kind that Node's `fs` gives through callbacks, as Go's WebAssembly runtime asks for them. */
type Callback = (error: Error | null, value?: unknown) => void

/** What the CUE interpreter may see of a file system: a folder with a few files, in memory, and two outputs. */
export interface CueFiles {
  /** Takes the place of `fs` for Go's runtime. */
  readonly fs: Readonly<Record<string, unknown>>
  /** What was printed: 1 is the result, 2 the errors. */
  readonly printed: (descriptor: 1 | 2) => string
}

const firstDescriptor = 100
/** The most that is kept of each output, in bytes. */
const maxPrinted = 8 * 1024 * 1024

export function cueFiles(files: ReadonlyMap<string, Uint8Array>): CueFiles {
  const open = new Map<number, { readonly bytes: Uint8Array; at: number }>()
  const printed: Record<1 | 2, Uint8Array[]> = { 1: [], 2: [] }
  let size = 0
  const write = (descriptor: number, bytes: Uint8Array): number => {
    size += bytes.byteLength
    // Go's runtime reuses its buffer.
    if ((descriptor === 1 || descriptor === 2) && size <= maxPrinted) printed[descriptor].push(bytes.slice())
    return bytes.byteLength
  }
  const stat = (path: string, callback: Callback): void => {
    const bytes = files.get(path)
    if (bytes !== undefined) callback(null, status(0o100444, bytes.byteLength))
    else if (path === '/' || path === '.') callback(null, status(0o040555, 0))
    else callback(missing(path))
  }
  const fs = {
    constants: { O_WRONLY: 1, O_RDWR: 2, O_CREAT: 64, O_TRUNC: 512, O_APPEND: 1024, O_EXCL: 128 },
    writeSync: write,
    write: (
      ...[descriptor, bytes, , , , callback]: readonly [number, Uint8Array, number, number, unknown, Callback]
    ) => callback(null, write(descriptor, bytes)),
    open: (...[path, , , callback]: readonly [string, number, number, Callback]) => {
      const bytes = files.get(path) ?? (path === '/' ? new Uint8Array() : undefined)
      if (bytes === undefined) {
        callback(missing(path))
        return
      }
      const descriptor = firstDescriptor + open.size
      open.set(descriptor, { bytes, at: 0 })
      callback(null, descriptor)
    },
    read: (...[descriptor, buffer, offset, length, position, callback]: ReadCall) => {
      const file = open.get(descriptor)
      if (file === undefined) {
        callback(missing('descriptor'))
        return
      }
      const from = position ?? file.at
      const part = file.bytes.subarray(from, from + length)
      buffer.set(part, offset)
      if (position === null || position === undefined) file.at += part.byteLength
      callback(null, part.byteLength)
    },
    close: (_: number, callback: Callback) => callback(null),
    fstat: (descriptor: number, callback: Callback) => {
      const file = open.get(descriptor)
      callback(null, status(0o100444, file?.bytes.byteLength ?? 0))
    },
    stat,
    lstat: stat,
    readdir: (_: string, callback: Callback) =>
      callback(
        null,
        [...files.keys()].map((path) => path.slice(1)),
      ),
    ...refusals,
  }
  return { fs, printed: (descriptor) => Buffer.concat(printed[descriptor]).toString('utf8') }
}

type ReadCall = readonly [number, Uint8Array, number, number, number | null | undefined, Callback]

/** Whatever would change something does not exist here. */
const refusals = Object.fromEntries(
  [
    'mkdir',
    'unlink',
    'rename',
    'rmdir',
    'chmod',
    'chown',
    'truncate',
    'ftruncate',
    'readlink',
    'link',
    'symlink',
  ].map((name) => [
    name,
    (...args: readonly unknown[]) => {
      const callback = args.at(-1)
      if (typeof callback === 'function') callback(Object.assign(new Error('not here'), { code: 'ENOSYS' }))
    },
  ]),
)

function status(mode: number, size: number): Readonly<Record<string, unknown>> {
  const none = { dev: 0, ino: 0, nlink: 1, uid: 0, gid: 0, rdev: 0, blksize: 4096, blocks: 0 }
  return {
    ...none,
    mode,
    size,
    atimeMs: 0,
    mtimeMs: 0,
    ctimeMs: 0,
    isDirectory: () => (mode & 0o040000) !== 0,
  }
}

function missing(path: string): Error {
  return Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' })
}
