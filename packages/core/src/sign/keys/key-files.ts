import { lstat, open, rm } from 'node:fs/promises'
import { readAll, RegistryError } from '@assay/registry'
import { SigningError } from '../signing-error.ts'
import type { KeyPairFiles } from './generate-key-pair.ts'

const maxKeyFileSize = 64 * 1024

export interface WrittenKeyFiles {
  readonly privateKeyPath: string
  readonly publicKeyPath: string
}

/**
 * Writes `PREFIX.key` (for the owner only) and `PREFIX.pub`. Neither may exist; if the second cannot be written,
 * the first is taken away again.
 * @throws SigningError KEY_FILE_EXISTS, WRITE_FAILED
 */
export async function writeKeyFiles(prefix: string, keys: KeyPairFiles): Promise<WrittenKeyFiles> {
  const privateKeyPath = `${prefix}.key`
  const publicKeyPath = `${prefix}.pub`
  await writeNew(privateKeyPath, { content: keys.privateKeyPem, mode: 0o600 })
  try {
    await writeNew(publicKeyPath, { content: keys.publicKeyPem, mode: 0o644 })
  } catch (error) {
    await rm(privateKeyPath)
    throw error
  }
  return { privateKeyPath, publicKeyPath }
}

/**
 * Writes `PREFIX.pub` alone, for a key that is kept elsewhere.
 * @throws SigningError KEY_FILE_EXISTS, WRITE_FAILED
 */
export async function writePublicKeyFile(prefix: string, publicKeyPem: string): Promise<string> {
  const path = `${prefix}.pub`
  await writeNew(path, { content: publicKeyPem, mode: 0o644 })
  return path
}

/**
 * Refuses a name whose `PREFIX.pub` is taken, before something is made that it should hold.
 * @throws SigningError KEY_FILE_EXISTS
 */
export async function checkPublicKeyFile(prefix: string): Promise<void> {
  const path = `${prefix}.pub`
  if ((await lstat(path).catch(() => undefined)) !== undefined) throw exists(path)
}

/**
 * Reads the text of a private key file, which nobody but its owner may read or write.
 * @throws SigningError KEY_FILE_UNREADABLE, KEY_FILE_UNSAFE
 */
export async function readPrivateKeyFile(path: string): Promise<string> {
  const { text, mode } = await readKeyFile(path)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new SigningError('KEY_FILE_UNSAFE', 'others can read or change the private key file', {
      on: path,
      expected: 'mode 600',
      got: `mode ${(mode & 0o777).toString(8)}`,
      hint: `chmod 600 ${path}`,
    })
  }
  return text
}

/**
 * Reads the text of a public key file.
 * @throws SigningError KEY_FILE_UNREADABLE
 */
export async function readPublicKeyFile(path: string): Promise<string> {
  return (await readKeyFile(path)).text
}

/** The mode belongs to the file that was read: both come from one open handle. */
async function readKeyFile(path: string): Promise<{ readonly text: string; readonly mode: number }> {
  try {
    await using file = await open(path, 'r')
    const { mode } = await file.stat()
    // Devices and pipes say nothing of their size.
    const bytes = await readAll(file.createReadStream({ autoClose: false }), {
      limit: maxKeyFileSize,
      on: path,
    })
    return { text: Buffer.from(bytes).toString('latin1'), mode }
  } catch (error) {
    if (error instanceof RegistryError) throw unreadable(path, 'the file is too large for a key', error)
    if (error instanceof SigningError || codeOf(error) === undefined) throw error
    throw unreadable(path, 'the key file cannot be read', error)
  }
}

async function writeNew(
  path: string,
  file: { readonly content: string; readonly mode: number },
): Promise<void> {
  try {
    await using handle = await open(path, 'wx', file.mode)
    await handle.writeFile(file.content)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EEXIST') {
      throw exists(path, error)
    }
    if (code === undefined) throw error
    throw new SigningError('WRITE_FAILED', 'the key file cannot be written', {
      on: path,
      got: code,
      cause: error,
    })
  }
}

function exists(path: string, cause?: unknown): SigningError {
  return new SigningError('KEY_FILE_EXISTS', 'there is a file of this name already', {
    on: path,
    cause,
    hint: 'choose another name or take the old key away first',
  })
}

function unreadable(path: string, message: string, cause?: unknown): SigningError {
  const got = codeOf(cause)
  return new SigningError('KEY_FILE_UNREADABLE', message, {
    on: path,
    cause,
    ...(got !== undefined && { got }),
  })
}

/** The code of a system error such as ENOENT. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
