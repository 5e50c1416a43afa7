import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Call } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { RegistryError } from '../errors.ts'
import { descriptorToJson } from '../json/descriptor-to-json.ts'
import { fieldsOf, optionalArray, requiredString } from '../json/json-fields.ts'
import { parseDescriptor } from '../json/parse-descriptor.ts'
import { parseStrictJson } from '../json/strict-json.ts'
import { maxManifestSize } from '../manifest.ts'
import { mediaTypes } from '../media-types.ts'
import { maxIndexEntries } from '../parse-manifest.ts'
import { readAll } from '../verified-stream.ts'
import { systemCode } from './file-error.ts'
import { chunksOf, openRegular } from './layout-blobs.ts'
import { withLock, type StillHeld } from './layout-lock.ts'
import { writeAtomically } from './write-atomically.ts'

/** The annotation that names an entry of `index.json` (OCI image-spec, annotations.md). */
export const refName = 'org.opencontainers.image.ref.name'

/**
 * The entries of a layout's `index.json`.
 * @throws RegistryError NOT_FOUND, MALFORMED_CONTENT, LIMIT_EXCEEDED
 */
export async function readLayoutIndex(root: string): Promise<readonly Descriptor[]> {
  const path = join(root, 'index.json')
  const file = await openRegular(path, path)
  try {
    return parseLayoutIndex(await readAll(chunksOf(file), { limit: maxManifestSize, on: path }), path)
  } finally {
    await file.close()
  }
}

/**
 * Reads the bytes of an `index.json` (OCI image-spec, image-layout.md).
 * @throws RegistryError MALFORMED_CONTENT, LIMIT_EXCEEDED
 */
export function parseLayoutIndex(bytes: Uint8Array, on: string): readonly Descriptor[] {
  const fields = fieldsOf(parseStrictJson(bytes, { on }), {
    path: 'the index',
    on,
    known: ['schemaVersion', 'mediaType', 'manifests', 'annotations'],
  })
  if (fields.object['schemaVersion'] !== 2)
    throw new RegistryError('MALFORMED_CONTENT', 'the schemaVersion of the index is not 2', { on })
  return optionalArray(fields, 'manifests', maxIndexEntries).map((value, at) =>
    parseDescriptor(value, { path: `manifests[${at}]`, on }),
  )
}

/**
 * Checks the bytes of an `oci-layout` file (OCI image-spec, image-layout.md "oci-layout file").
 * @throws RegistryError MALFORMED_CONTENT, UNSUPPORTED
 */
export function checkLayoutVersion(bytes: Uint8Array, on: string): void {
  const fields = fieldsOf(parseStrictJson(bytes, { on }), {
    path: 'oci-layout',
    on,
    known: ['imageLayoutVersion'],
  })
  const version = requiredString(fields, 'imageLayoutVersion')
  if (version.startsWith('1.')) return
  throw new RegistryError('UNSUPPORTED', 'this version of the OCI image layout is unknown', {
    on,
    got: version,
  })
}

/**
 * Reads `index.json` whenever it is asked, but parses it again only if the file is another one than last time.
 * Writers rename a new file into place, so its inode and times tell.
 */
export function layoutIndexReader(root: string): () => Promise<readonly Descriptor[]> {
  let last: { readonly stamp: string; readonly entries: readonly Descriptor[] } | undefined
  return async () => {
    // Taken before the file is read: content that is newer than its stamp is read once more, never kept for too long.
    const stamp = await stampOf(join(root, 'index.json'))
    if (stamp !== undefined && stamp === last?.stamp) return last.entries
    const entries = await readLayoutIndex(root)
    if (stamp !== undefined) last = { stamp, entries }
    return entries
  }
}

async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await lstat(path, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
  } catch (error) {
    // Whatever is wrong with the file, the reader says it better.
    if (systemCode(error) !== undefined) return undefined
    throw error
  }
}

/**
 * Replaces the entries of `index.json` by what `change` makes of them: read again under the lock, and renamed
 * into place, so that no reader sees half of it and no writer loses another's entry. An unchanged list is not written.
 * @throws RegistryError WRITE_FAILED and the codes of reading
 */
export async function updateLayoutIndex(
  root: string,
  change: (entries: readonly Descriptor[]) => readonly Descriptor[],
  call?: Call,
): Promise<void> {
  const path = join(root, 'index.json')
  await withLock(
    path,
    async (stillHeld) => {
      const before = await readLayoutIndex(root)
      const after = change(before)
      if (after !== before) await writeLayoutIndex(root, after, stillHeld)
    },
    call,
  )
}

/** Writes `index.json` whole. The caller holds the lock, which is asked once more before the file takes its name. */
export async function writeLayoutIndex(
  root: string,
  entries: readonly Descriptor[],
  stillHeld: StillHeld,
): Promise<void> {
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: entries.map(descriptorToJson) }
  await writeAtomically(join(root, 'index.json'), `${JSON.stringify(index, null, 2)}\n`, {
    beforeRename: stillHeld,
  })
}
