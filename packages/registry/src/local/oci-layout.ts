import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Call, ContentStore } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { isDigest, type Digest } from '../digest.ts'
import { RegistryError } from '../errors.ts'
import { fieldsOf, requiredString } from '../json/json-fields.ts'
import { parseStrictJson } from '../json/strict-json.ts'
import { maxManifestSize, type AnyManifest } from '../manifest.ts'
import { isIndexType, isManifestType } from '../media-types.ts'
import { manifestMediaType, parseManifest } from '../parse-manifest.ts'
import { referrerDescriptor } from '../referrer.ts'
import { readAll, streamOf, verifiedStream } from '../verified-stream.ts'
import { systemCode, writeFailed } from './file-error.ts'
import { blobSize, chunksOf, openRegular, readBlob, writeBlob } from './layout-blobs.ts'
import {
  layoutIndexReader,
  readLayoutIndex,
  refName,
  updateLayoutIndex,
  writeLayoutIndex,
} from './layout-index.ts'
import { imageEntries, namedEntry } from './layout-images.ts'
import { withLock } from './layout-lock.ts'
import { layoutReferrers } from './layout-referrers.ts'
import { writeAtomically } from './write-atomically.ts'

/**
 * An OCI image layout (OCI image-spec, image-layout.md) for reading and writing, also by several processes at once.
 * `resolve('')` finds its only image; `cosign save` directories answer to their attachments' tags.
 * Nothing is read or written outside of `root`. Opening is lazy: each call looks at the directory as it is then.
 */
export function openLayout(root: string): ContentStore {
  const readIndex = layoutIndexReader(root)
  const check = untilItHolds(async () => await checkLayout(root))
  const store: ContentStore = {
    async resolve(reference, call) {
      await check()
      const entries = await readIndex()
      const named = reference === '' ? await onlyImage(root, entries, call) : namedEntry(entries, reference)
      if (named !== undefined) return bare(named)
      if (isDigest(reference)) return await byDigest(root, reference, call)
      throw new RegistryError('NOT_FOUND', 'the layout has no image of this name', {
        on: reference,
        got: root,
      })
    },
    async *open(descriptor, call) {
      yield* readBlob(root, descriptor, call)
    },
    async *referrers(subject, call) {
      await check()
      const entries = await readIndex()
      for (const each of await layoutReferrers({ root, source: store, entries }, subject, call)) {
        if (call?.artifactType === undefined || call.artifactType === each.artifactType) yield each
      }
    },
    async *tags() {
      await check()
      const names = (await readIndex()).map((entry) => entry.annotations?.[refName])
      yield* new Set(names.filter((name) => name !== undefined))
    },
    async has(descriptor) {
      return (await blobSize(root, descriptor.digest)) === descriptor.size
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
      if (manifest.subject !== undefined) await list(root, manifest, call)
    },
    async tag(descriptor, tag, call) {
      await byDigest(root, descriptor.digest, call)
      await updateLayoutIndex(root, (entries) => withTag(entries, bare(descriptor), tag), call)
    },
  }
  return store
}

/**
 * Makes a directory an empty layout, or opens the layout that it is already.
 * @throws RegistryError WRITE_FAILED
 */
export async function createLayout(root: string): Promise<ContentStore> {
  try {
    await mkdir(join(root, 'blobs', 'sha256'), { recursive: true })
  } catch (error) {
    throw writeFailed(error, root)
  }
  // Under the lock, so that two creators cannot empty each other's index.
  await withLock(join(root, 'index.json'), async () => {
    if (!(await exists(join(root, 'index.json')))) await writeLayoutIndex(root, [])
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

async function onlyImage(root: string, entries: readonly Descriptor[], call?: Call): Promise<Descriptor> {
  const images = await imageEntries(openLayout(root), entries, call)
  const [first] = images
  if (first === undefined)
    throw new RegistryError('NOT_FOUND', 'there is no image in this layout', { on: root })
  if (images.length === 1) return first
  throw new RegistryError('AMBIGUOUS_REFERENCE', 'the layout holds several images and none was named', {
    on: root,
    got: images.map((image) => image.annotations?.[refName] ?? image.digest).join(', '),
    hint: 'name one: oci:DIR:name or oci:DIR@sha256:…',
  })
}

// A manifest may be stored without being listed: it is found by its digest and typed by its content.
async function byDigest(root: string, digest: Digest, call?: Call): Promise<Descriptor> {
  const size = await blobSize(root, digest)
  if (size === undefined)
    throw new RegistryError('NOT_FOUND', 'the layout does not have this digest', { on: digest })
  const blob = { mediaType: 'application/octet-stream', digest, size }
  const bytes = await readAll(readBlob(root, blob, call), { limit: maxManifestSize, on: digest })
  const descriptor = { mediaType: manifestMediaType(bytes, digest), digest, size }
  return parseManifest(descriptor, bytes).descriptor
}

async function list(root: string, manifest: AnyManifest, call?: Call): Promise<void> {
  const entry = referrerDescriptor(manifest)
  const isListed = (each: Descriptor): boolean => each.digest === entry.digest
  await updateLayoutIndex(root, (entries) => (entries.some(isListed) ? entries : [...entries, entry]), call)
}

function withTag(entries: readonly Descriptor[], descriptor: Descriptor, tag: string): readonly Descriptor[] {
  const others = entries.filter((entry) => entry.annotations?.[refName] !== tag)
  return [...others, { ...descriptor, annotations: { [refName]: tag } }]
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
    const bytes = await readAll(chunksOf(file), { limit: 4096, on: path })
    const fields = fieldsOf(parseStrictJson(bytes, { on: path }), {
      path: 'oci-layout',
      on: path,
      known: ['imageLayoutVersion'],
    })
    const version = requiredString(fields, 'imageLayoutVersion')
    if (version.startsWith('1.')) return
    throw new RegistryError('UNSUPPORTED', 'this version of the OCI image layout is unknown', {
      on: path,
      got: version,
    })
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
