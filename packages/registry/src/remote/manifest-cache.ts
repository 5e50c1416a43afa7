import type { Digest } from '../digest.ts'
import type { FetchedManifest } from './manifests.ts'

const maxBytes = 16 * 1024 * 1024

/** The manifests used last, by digest, in at most 16 MiB. What is in it was hashed when it came. */
export interface ManifestCache {
  get(digest: Digest): FetchedManifest | undefined
  add(manifest: FetchedManifest): void
  remove(digest: Digest): void
}

export function manifestCache(): ManifestCache {
  const kept = new Map<Digest, FetchedManifest>()
  let size = 0
  const remove = (digest: Digest): void => {
    const found = kept.get(digest)
    if (found === undefined) return
    size -= found.bytes.byteLength
    kept.delete(digest)
  }
  return {
    get(digest) {
      const found = kept.get(digest)
      if (found !== undefined) {
        kept.delete(digest)
        kept.set(digest, found)
      }
      return found
    },
    add(manifest) {
      remove(manifest.descriptor.digest)
      kept.set(manifest.descriptor.digest, manifest)
      size += manifest.bytes.byteLength
      for (const oldest of kept.keys()) {
        if (size <= maxBytes) break
        remove(oldest)
      }
    },
    remove,
  }
}
