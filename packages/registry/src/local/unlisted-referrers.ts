import type { Call } from '../content.ts'
import { digestAlgorithm, digestOf, type Digest } from '../digest.ts'
import { RegistryError } from '../errors.ts'
import { maxManifestSize, type AnyManifest } from '../manifest.ts'
import { isIndexType, isManifestType } from '../media-types.ts'
import { manifestMediaType, maxIndexEntries, parseManifest } from '../parse-manifest.ts'
import { taskPool } from '../task-pool.ts'
import { readAll } from '../verified-stream.ts'
import { chunksOf, listBlobs, openBlob } from './layout-blobs.ts'

const filesAtOnce = 16

/**
 * The manifests of a subject that lie in a layout without being listed: cosign v3 writes bundles into the layout
 * and then rewrites index.json without them. Every blob that is not `known` to be something else is looked at.
 * One that is no manifest, or does not hold the digest that it is called by, was never promised to be one: it is
 * passed over, however damaged.
 */
export async function unlistedReferrers(
  root: string,
  { subject, known }: { readonly subject: Digest; readonly known: ReadonlySet<Digest> },
  call?: Call,
): Promise<readonly AnyManifest[]> {
  const pool = taskPool(filesAtOnce)
  const blobs = (await listBlobs(root, maxIndexEntries)).filter((digest) => !known.has(digest))
  const found = await Promise.all(
    blobs.map(
      async (digest) => await pool.run(async () => await referrerIn(root, { digest, subject }, call)),
    ),
  )
  return found.filter((manifest) => manifest !== undefined)
}

async function referrerIn(
  root: string,
  blob: { readonly digest: Digest; readonly subject: Digest },
  call?: Call,
): Promise<AnyManifest | undefined> {
  const { digest, subject } = blob
  const bytes = await readPlausible(root, blob, call)
  if (bytes === undefined || digestOf(bytes, digestAlgorithm(digest)) !== digest) return undefined
  try {
    const mediaType = manifestMediaType(bytes, digest)
    if (!isManifestType(mediaType) && !isIndexType(mediaType)) return undefined
    const manifest = parseManifest({ mediaType, digest, size: bytes.byteLength }, bytes)
    return manifest.subject?.digest === subject ? manifest : undefined
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'MALFORMED_CONTENT') return undefined
    throw error
  }
}

/** The bytes of a file that could be a manifest about the subject. Of the others no more than the beginning is read. */
async function readPlausible(
  root: string,
  { digest, subject }: { readonly digest: Digest; readonly subject: Digest },
  call?: Call,
): Promise<Buffer | undefined> {
  const file = await openBlob(root, digest)
  if (file === undefined) return undefined
  try {
    const { size } = await file.stat()
    if (size > maxManifestSize) return undefined
    const { bytesRead, buffer } = await file.read(Buffer.alloc(1), 0, 1, 0)
    if (bytesRead !== 1 || buffer[0] !== 0x7b) return undefined
    const bytes = Buffer.from(await readAll(chunksOf(file, call), { limit: maxManifestSize, on: digest }))
    return bytes.includes(subject) && bytes.includes('"schemaVersion"') ? bytes : undefined
  } finally {
    await file.close()
  }
}
