import {
  RegistryError,
  type Call,
  type ContentSource,
  type ContentStore,
  type Descriptor,
  type Digest,
} from '@assay/registry'

/** A policy may say what stands before it (`tagPrefix`). */
const attachmentTag = /sha(?:256|512)-[0-9a-f]{64,128}\.(?:sig|att|sbom)$/

/**
 * An image whose signatures and attestations are kept in a repository of their own (cosign's COSIGN_REPOSITORY):
 * what is attached is found in both, and written there. Either being out of reach is an error, never "none".
 */
export function withAttachments(image: ContentStore, attachments: ContentStore): ContentStore {
  const seenThere = new Set<Digest>()
  return {
    async resolve(reference, call) {
      if (!attachmentTag.test(reference)) return await image.resolve(reference, call)
      const there = await orUndefined(async () => await attachments.resolve(reference, call))
      if (there !== undefined) seenThere.add(there.digest)
      return there ?? (await image.resolve(reference, call))
    },
    async *open(descriptor, call) {
      // Content is called by its digest: it does not matter where it comes from, only that it comes.
      const places = seenThere.has(descriptor.digest) ? [attachments, image] : [image, attachments]
      yield* openFirst(places, descriptor, call)
    },
    async *referrers(subject, call) {
      const seen = new Set<Digest>()
      for await (const each of attachments.referrers(subject, call)) {
        seen.add(each.digest)
        seenThere.add(each.digest)
        yield each
      }
      for await (const each of image.referrers(subject, call)) if (!seen.has(each.digest)) yield each
    },
    tags: (call) => image.tags(call),
    has: async (descriptor, call) => await attachments.has(descriptor, call),
    push: async (descriptor, content, call) => await attachments.push(descriptor, content, call),
    list: async (subject, referrers, call) => await attachments.list(subject, referrers, call),
    tag: async (descriptor, tag, call) => await attachments.tag(descriptor, tag, call),
    // What shall go may be in both.
    unlist: async (subject, referrers, call) => {
      for (const store of [attachments, image]) await store.unlist(subject, referrers, call)
    },
    // In the other place the tag may be one of something else, that nobody saw.
    untag: async (tag, call) => {
      let meant: Digest | undefined
      for (const store of [attachments, image]) {
        const found = await orUndefined(async () => await store.resolve(tag, call))
        meant ??= found?.digest
        if (found !== undefined && found.digest === meant) await store.untag(tag, call)
      }
    },
    remove: async (digest, call) => {
      for (const store of [attachments, image])
        if (await names(store, digest, call)) await store.remove(digest, call)
    },
  }
}

async function names(store: ContentStore, reference: string, call?: Call): Promise<boolean> {
  return (await orUndefined(async () => await store.resolve(reference, call))) !== undefined
}

/** An image of which nothing counts as attached but what another place holds. */
export function withAttachmentsOf(image: ContentStore, attachments: ContentSource): ContentStore {
  return {
    ...image,
    resolve: async (reference, call) =>
      await (attachmentTag.test(reference) ? attachments : image).resolve(reference, call),
    open: (descriptor, call) => openFirst([image, attachments], descriptor, call),
    referrers: (subject, call) => attachments.referrers(subject, call),
  }
}

/** An image that is read from a mirror and written where its name says. `origin` is opened when it is needed. */
export function readFromMirror(mirror: ContentStore, origin: () => Promise<ContentStore>): ContentStore {
  return {
    resolve: async (reference, call) => await mirror.resolve(reference, call),
    open: (descriptor, call) => mirror.open(descriptor, call),
    referrers: (subject, call) => mirror.referrers(subject, call),
    tags: (call) => mirror.tags(call),
    has: async (descriptor, call) => await (await origin()).has(descriptor, call),
    push: async (descriptor, content, call) => await (await origin()).push(descriptor, content, call),
    list: async (subject, referrers, call) => await (await origin()).list(subject, referrers, call),
    unlist: async (subject, referrers, call) => await (await origin()).unlist(subject, referrers, call),
    tag: async (descriptor, tag, call) => await (await origin()).tag(descriptor, tag, call),
    untag: async (tag, call) => await (await origin()).untag(tag, call),
    remove: async (digest, call) => await (await origin()).remove(digest, call),
  }
}

async function* openFirst(
  [first, second]: readonly ContentSource[],
  descriptor: Descriptor,
  call?: Call,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (first === undefined || second === undefined) return
  let begun = false
  try {
    for await (const chunk of first.open(descriptor, call)) {
      begun = true
      yield chunk
    }
  } catch (error) {
    if (begun || !isMissing(error)) throw error
    yield* second.open(descriptor, call)
  }
}

async function orUndefined<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'NOT_FOUND'
}
