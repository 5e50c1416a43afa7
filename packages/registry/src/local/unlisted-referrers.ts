import type { Call } from '../content.ts'
import { digestAlgorithm, digestOf, type Digest } from '../digest.ts'
import { RegistryError } from '../errors.ts'
import { maxManifestSize, type AnyManifest } from '../manifest.ts'
import { isIndexType, isManifestType } from '../media-types.ts'
import { manifestMediaType, maxIndexEntries, parseManifest } from '../parse-manifest.ts'
import { taskPool } from '../task-pool.ts'
import type { LayoutFiles } from './layout-files.ts'

const filesAtOnce = 16

/**
 * The manifests of a subject that lie in a layout without being listed: cosign v3 writes bundles into the layout
 * and then rewrites index.json without them. Every blob that is not `known` to be something else is looked at.
 * One that is no manifest, or does not hold the digest that it is called by, was never promised to be one: it is
 * passed over, however damaged.
 */
export async function unlistedReferrers(
  files: LayoutFiles,
  { subject, known }: { readonly subject: Digest; readonly known: ReadonlySet<Digest> },
  call?: Call,
): Promise<readonly AnyManifest[]> {
  const pool = taskPool(filesAtOnce)
  const blobs = (await files.listBlobs(maxIndexEntries)).filter((digest) => !known.has(digest))
  const found = await Promise.all(
    blobs.map(
      async (digest) => await pool.run(async () => await referrerIn(files, { digest, subject }, call)),
    ),
  )
  return found.filter((manifest) => manifest !== undefined)
}

async function referrerIn(
  files: LayoutFiles,
  blob: { readonly digest: Digest; readonly subject: Digest },
  call?: Call,
): Promise<AnyManifest | undefined> {
  const { digest, subject } = blob
  const bytes = await files.readPossibleJson(digest, maxManifestSize, call)
  if (bytes === undefined || !couldBeAbout(subject, bytes)) return undefined
  if (digestOf(bytes, digestAlgorithm(digest)) !== digest) return undefined
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

/** Whether a document could be a manifest about the subject: the other blobs need not be hashed. */
function couldBeAbout(subject: Digest, bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return text.includes(subject) && text.includes('"schemaVersion"')
}
