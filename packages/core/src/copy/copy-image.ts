import {
  copyGraph,
  isIndexType,
  RegistryError,
  type Call,
  type CopyProgress,
  type Descriptor,
  type Platform,
  type Reference,
} from '@assay/registry'
import type { OpenedImage } from '../source/open-image.ts'
import type { OpenedTarget } from '../source/open-target.ts'
import { attachedTags } from '../attach/attached-tags.ts'
import { onlyPlatform } from './only-platform.ts'

export interface CopyImageOptions {
  /** Only this platform's image, with its own digest and what is attached to it. Without it, all of them. */
  readonly platform?: Platform
  /** How many transfers run at once. */
  readonly concurrency?: number
  readonly onProgress?: (progress: CopyProgress) => void
  readonly onFound?: (size: number) => void
  readonly onBytes?: (count: number) => void
}

/** What a copy consists of and how it came about. */
export interface CopiedImage {
  readonly root: Descriptor
  /** The name that the copy got; none where the target was named by digest. */
  readonly tag: string | undefined
  /** cosign's tags that came along: `sha256-<hex>.sig`. */
  readonly attachedTags: readonly string[]
  readonly copied: number
  readonly mounted: number
  /** What the target had already. */
  readonly skipped: number
  /** Bytes of blobs that were moved. */
  readonly bytes: number
}

/**
 * Copies an image with everything that belongs to it: all platforms, all that refers to any of them (recursively),
 * and cosign's tags. Parts before wholes and names last: a copy that was cut has named nothing, and goes on where it
 * stopped when it is repeated.
 * @throws RegistryError the codes of both places
 * @throws ImageError UNKNOWN_PLATFORM
 */
export async function copyImage(
  from: OpenedImage,
  { store: to, ...target }: Pick<OpenedTarget, 'store' | 'reference' | 'place'>,
  options: CopyImageOptions & Call,
): Promise<CopiedImage> {
  const call: Call = options.signal === undefined ? {} : { signal: options.signal }
  const root = options.platform === undefined ? from.root : await onlyPlatform(from, options.platform, call)
  checkDigest(target, root)
  checkForm(target, root)
  const counts = { copied: 0, mounted: 0, skipped: 0, bytes: 0 }
  const copy = async (part: Descriptor): Promise<void> =>
    await copyGraph(from.store, to, {
      root: part,
      referrers: true,
      ...call,
      ...(options.concurrency !== undefined && { concurrency: options.concurrency }),
      onProgress: (progress) => {
        counts[progress.outcome] += 1
        options.onProgress?.(progress)
      },
      ...(options.onFound !== undefined && { onFound: options.onFound }),
      onBytes: (count) => {
        counts.bytes += count
        options.onBytes?.(count)
      },
    })
  await copy(root)
  const attached = await attachedTags(from.store, root, call)
  for (const { tag, manifest } of attached) {
    await copy(manifest)
    await to.tag(manifest, tag, call)
  }
  const tag = target.reference.tag ?? nameInLayout(from.reference, target.reference)
  if (tag !== undefined) await to.tag(root, tag, call)
  return {
    root,
    tag: tag === '' ? undefined : tag,
    attachedTags: attached.map((each) => each.tag),
    ...counts,
  }
}

/** In a layout without a name, an image is listed under the whole name that it had: several keep apart. */
function nameInLayout(from: Reference, to: Reference): string | undefined {
  if (to.kind === 'registry') return undefined
  // What is a name in a layout is seldom one for Docker: without a whole one, it gets none.
  const isDocker = to.kind === 'daemon' || (to.kind === 'archive' && to.format === 'docker')
  if (from.kind !== 'registry' && isDocker) return from.tag?.includes(':') === true ? from.tag : ''
  if (from.kind !== 'registry') return from.tag ?? 'latest'
  const place = `${from.host}/${from.repository}`
  return from.tag === undefined ? `${place}@${from.digest ?? ''}` : `${place}:${from.tag}`
}

type Target = Pick<OpenedTarget, 'reference' | 'place'>

/** Docker's archives list images, not indexes. */
function checkForm({ reference, place }: Target, root: Descriptor): void {
  const isDocker =
    reference.kind === 'daemon' || (reference.kind === 'archive' && reference.format === 'docker')
  if (!isDocker || !isIndexType(root.mediaType)) return
  throw new RegistryError('UNSUPPORTED', 'a docker archive holds images of one platform', {
    on: place,
    got: root.mediaType,
    hint: 'name one with --platform, or write an oci-archive:',
  })
}

function checkDigest({ reference, place }: Target, root: Descriptor): void {
  if (reference.digest === undefined || reference.digest === root.digest) return
  throw new RegistryError('INVALID_REFERENCE', 'the target names another digest than the image has', {
    on: place,
    expected: reference.digest,
    got: root.digest,
  })
}
