import { lstat, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { RegistryError } from '../errors.ts'
import { readFailed, systemCode } from './file-error.ts'

/**
 * Refuses a layout whose `blobs` or `blobs/<algorithm>` is a link: what is read or written there would lie outside
 * of the layout. What is missing is fine.
 * @throws RegistryError MALFORMED_CONTENT
 */
export async function checkBlobFolder(root: string, algorithm: string): Promise<void> {
  if (await isFolder(join(root, 'blobs'))) await isFolder(join(root, 'blobs', algorithm))
}

/**
 * Makes `blobs/<algorithm>` where it is missing, one folder after the other: none of them may be a link.
 * @throws RegistryError MALFORMED_CONTENT
 */
export async function makeBlobFolder(root: string, algorithm: string): Promise<void> {
  for (const path of [join(root, 'blobs'), join(root, 'blobs', algorithm)]) {
    if (await isFolder(path)) continue
    try {
      await mkdir(path)
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error
      await isFolder(path)
    }
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    if ((await lstat(path)).isDirectory()) return true
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw readFailed(error, path)
  }
  throw new RegistryError('MALFORMED_CONTENT', 'this is not a directory of the layout', {
    on: path,
    expected: 'a directory, no link',
  })
}
