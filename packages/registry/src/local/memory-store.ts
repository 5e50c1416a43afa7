import { checkAborted } from '../aborted.ts'
import type { ContentStore } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { isDigest, type Digest } from '../digest.ts'
import { RegistryError } from '../errors.ts'
import { isIndexType, isManifestType } from '../media-types.ts'
import { parseManifest } from '../parse-manifest.ts'
import { referrerDescriptor } from '../referrer.ts'
import { readAll, streamOf, verifiedStream } from '../verified-stream.ts'

/** A store that lives as long as its value. `resolve('')` finds the only tagged image. */
export function memoryStore(): ContentStore {
  const contents = new Map<Digest, Uint8Array>()
  const manifests = new Map<Digest, Descriptor>()
  const tagged = new Map<string, Descriptor>()
  const bySubject = new Map<Digest, Map<Digest, Descriptor>>()

  const list = (subject: Digest, referrers: readonly Descriptor[]): void => {
    const listed = bySubject.get(subject) ?? new Map<Digest, Descriptor>()
    for (const each of referrers) listed.set(each.digest, each)
    bySubject.set(subject, listed)
  }
  return {
    async resolve(reference) {
      const only = new Map([...tagged.values()].map((descriptor) => [descriptor.digest, descriptor]))
      if (reference === '' && only.size > 1) throw ambiguous([...tagged.keys()])
      const found =
        reference === ''
          ? [...only.values()][0]
          : isDigest(reference)
            ? manifests.get(reference)
            : tagged.get(reference)
      if (found === undefined) throw missing(reference === '' ? 'an image' : reference)
      return await Promise.resolve(found)
    },
    async *open(descriptor, call) {
      checkAborted(call)
      const bytes = contents.get(descriptor.digest)
      if (bytes === undefined) throw missing(descriptor.digest)
      yield* verifiedStream(descriptor, streamOf(bytes))
    },
    async *referrers(subject, call) {
      for (const each of bySubject.get(subject)?.values() ?? []) {
        if (call?.artifactType === undefined || each.artifactType === call.artifactType) yield each
      }
    },
    async *tags() {
      yield* [...tagged.keys()].toSorted()
    },
    async has(descriptor) {
      return await Promise.resolve(contents.has(descriptor.digest))
    },
    async push(descriptor, content, call) {
      const bytes = await readAll(verifiedStream(descriptor, content), {
        limit: descriptor.size,
        on: descriptor.digest,
      })
      if (isManifestType(descriptor.mediaType) || isIndexType(descriptor.mediaType)) {
        const manifest = parseManifest(descriptor, bytes)
        manifests.set(descriptor.digest, bare(descriptor))
        if (manifest.subject !== undefined && call?.listing !== 'later')
          list(manifest.subject.digest, [referrerDescriptor(manifest)])
      }
      contents.set(descriptor.digest, bytes)
    },
    async tag(descriptor, tag) {
      if (!manifests.has(descriptor.digest)) throw missing(descriptor.digest)
      tagged.set(tag, await Promise.resolve(bare(descriptor)))
    },
    async list(subject, referrers) {
      list(subject, await Promise.resolve(referrers))
    },
    async unlist(subject, referrers) {
      for (const digest of await Promise.resolve(referrers)) bySubject.get(subject)?.delete(digest)
    },
    async untag(tag) {
      tagged.delete(await Promise.resolve(tag))
    },
    async remove(digest) {
      contents.delete(await Promise.resolve(digest))
      manifests.delete(digest)
      for (const [tag, descriptor] of tagged) if (descriptor.digest === digest) tagged.delete(tag)
    },
  }
}

function bare({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size }
}

function missing(on: string): RegistryError {
  return new RegistryError('NOT_FOUND', 'this is not in the memory store', { on })
}

function ambiguous(tags: readonly string[]): RegistryError {
  return new RegistryError('AMBIGUOUS_REFERENCE', 'there are several images and none was named', {
    on: 'the memory store',
    got: tags.toSorted().join(', '),
  })
}
