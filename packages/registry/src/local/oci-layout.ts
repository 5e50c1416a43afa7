import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Call, ContentStore } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { RegistryError } from '../errors.ts'
import { maxManifestSize } from '../manifest.ts'
import { isIndexType, isManifestType } from '../media-types.ts'
import { parseManifest } from '../parse-manifest.ts'
import { referrerDescriptor } from '../referrer.ts'
import { readAll, streamOf, verifiedStream } from '../verified-stream.ts'
import { makeBlobFolder } from './blob-folder.ts'
import { systemCode, writeFailed } from './file-error.ts'
import {
  blobSize,
  chunksOf,
  holdsBlob,
  listBlobs,
  openRegular,
  readBlob,
  readPossibleJson,
  removeBlob,
  writeBlob,
} from './layout-blobs.ts'
import type { LayoutFiles } from './layout-files.ts'
import {
  checkLayoutVersion,
  layoutIndexReader,
  readLayoutIndex,
  refName,
  updateLayoutIndex,
  writeLayoutIndex,
} from './layout-index.ts'
import { imageEntries, namedAs, namedEntry } from './layout-images.ts'
import { listReferrers, unlistReferrers } from './layout-listing.ts'
import { withLock } from './layout-lock.ts'
import { layoutSource, manifestByDigest } from './layout-source.ts'
import { writeAtomically } from './write-atomically.ts'

/**
 * An OCI image layout (OCI image-spec, image-layout.md) for reading and writing, also by several processes at once.
 * `resolve('')` finds its only image; `cosign save` directories answer to their attachments' tags.
 * Nothing is read or written outside of `root`. Opening is lazy: each call looks at the directory as it is then.
 */
export function openLayout(root: string): ContentStore {
  const files = directoryFiles(root)
  return {
    ...layoutSource(files),
    async has(descriptor, call) {
      return await holdsBlob(root, descriptor, call)
    },
    async push(descriptor, content, call) {
      if (!isManifestType(descriptor.mediaType) && !isIndexType(descriptor.mediaType)) {
        await writeBlob(root, descriptor, content)
        return
      }
      const bytes = await readAll(verifiedStream(descriptor, content), {
        limit: maxManifestSize,
        on: descriptor.digest,
      })
      const manifest = parseManifest(descriptor, bytes)
      await writeBlob(root, descriptor, streamOf(bytes))
      if (manifest.subject !== undefined && call?.listing !== 'later')
        await listReferrers(root, [referrerDescriptor(manifest)], call)
    },
    async list(_subject, referrers, call) {
      await listReferrers(root, referrers, call)
    },
    async unlist(subject, referrers, call) {
      await unlistReferrers(files, { root, subject, gone: new Set(referrers) }, call)
    },
    async tag(descriptor, tag, call) {
      await manifestByDigest(files, descriptor.digest, call)
      await updateLayoutIndex(root, (entries) => withTag(entries, bare(descriptor), tag), call)
    },
    async untag(tag, call) {
      const named = namedEntry(await files.entries(), tag)
      if (named === undefined) return
      await updateLayoutIndex(root, (entries) => entries.filter((each) => !isSameEntry(each, named)), call)
    },
    async remove(digest, call) {
      await updateLayoutIndex(root, (entries) => entries.filter((each) => each.digest !== digest), call)
      await removeBlob(root, digest)
    },
  }
}

function directoryFiles(root: string): LayoutFiles {
  const readIndex = layoutIndexReader(root)
  const check = untilItHolds(async () => await checkLayout(root))
  return {
    name: root,
    entries: async () => {
      await check()
      return await readIndex()
    },
    blobSize: async (digest) => await blobSize(root, digest),
    readBlob: (descriptor, call) => readBlob(root, descriptor, call),
    listBlobs: async (max) => await listBlobs(root, max),
    readPossibleJson: async (digest, max, call) => await readPossibleJson(root, { digest, max }, call),
  }
}

/**
 * Makes a directory an empty layout, or opens the layout that it is already.
 * @throws RegistryError WRITE_FAILED
 */
export async function createLayout(root: string): Promise<ContentStore> {
  try {
    await mkdir(root, { recursive: true })
    await makeBlobFolder(root, 'sha256')
  } catch (error) {
    throw writeFailed(error, root)
  }
  // Under the lock, so that two creators cannot empty each other's index.
  await withLock(join(root, 'index.json'), async (stillHeld) => {
    if (!(await exists(join(root, 'index.json')))) await writeLayoutIndex(root, [], stillHeld)
    if (!(await exists(join(root, 'oci-layout')))) {
      await writeAtomically(join(root, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}\n')
    }
  })
  return openLayout(root)
}

/**
 * The images of a layout, for a choice: `annotations` holds the name, if one has it.
 * @throws RegistryError NOT_FOUND, MALFORMED_CONTENT
 */
export async function listLayoutImages(root: string, call?: Call): Promise<readonly Descriptor[]> {
  await checkLayout(root)
  return await imageEntries(openLayout(root), await readLayoutIndex(root), call)
}

function isSameEntry(a: Descriptor, b: Descriptor): boolean {
  return a.digest === b.digest && a.annotations?.[refName] === b.annotations?.[refName]
}

function withTag(entries: readonly Descriptor[], descriptor: Descriptor, tag: string): readonly Descriptor[] {
  const others = entries.filter((entry) => entry.annotations?.[refName] !== tag)
  return [...others, namedAs(descriptor, tag)]
}

/** Runs a check until it passed once; what failed may be mended, what passed stays. */
function untilItHolds(check: () => Promise<void>): () => Promise<void> {
  let holds = false
  return async () => {
    if (holds) return
    await check()
    holds = true
  }
}

async function checkLayout(root: string): Promise<void> {
  const path = join(root, 'oci-layout')
  const file = await openRegular(path, path)
  try {
    checkLayoutVersion(await readAll(chunksOf(file), { limit: 4096, on: path }), path)
  } finally {
    await file.close()
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await (await openRegular(path, path)).close()
    return true
  } catch (error) {
    if (error instanceof RegistryError && systemCode(error.cause) === 'ENOENT') return false
    throw error
  }
}

function bare({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size }
}
