import type { Call, ContentSource, ContentStore, PushCall } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { isDigest, type Digest } from '../digest.ts'
import { RegistryError } from '../errors.ts'
import { maxManifestSize } from '../manifest.ts'
import { isIndexType, isManifestType } from '../media-types.ts'
import { parseManifest } from '../parse-manifest.ts'
import { referrerDescriptor } from '../referrer.ts'
import type { Transport } from '../transport/transport.ts'
import { readAll, verifiedStream } from '../verified-stream.ts'
import { downloadBlob } from './blob-download.ts'
import { hasBlob, mountBlob, uploadBlob } from './blob-upload.ts'
import { endpointOf } from './endpoint.ts'
import { changeFallbackList } from './fallback-list.ts'
import { manifestCache } from './manifest-cache.ts'
import { deleteManifest, getManifest, hasManifest, putManifest, type FetchedManifest } from './manifests.ts'
import { listReferrers, referrersFromApi } from './referrers.ts'
import { listTags } from './tags.ts'

/** A repository of a registry, over the OCI distribution API. */
export interface Repository extends ContentStore {
  readonly host: string
  readonly repository: string
  /** Takes a blob from another repository of the same registry; false if the registry did not. */
  mount(descriptor: Descriptor, from: string, call?: Call): Promise<boolean>
}

export interface RepositoryOptions {
  readonly transport: Transport
  /** http (true) or https (false); by default http on this machine only. The transport has to allow it as well. */
  readonly plainHttp?: boolean
}

const opened = new WeakSet<object>()

/**
 * A repository for reading and writing. Opening is lazy. Manifests that were fetched are kept in memory for a
 * while, so that resolving and reading one costs one round trip.
 * What `referrers` yields is the registry's claim: look at the `subject` of what it names.
 * @throws RegistryError INVALID_REFERENCE
 */
export function openRepository(
  place: { readonly host: string; readonly repository: string },
  options: RepositoryOptions,
): Repository {
  const endpoint = endpointOf(place, options)
  const cache = manifestCache()
  const habits = { inParts: false }
  /** What the registry said that it has filed by itself. */
  const filed = new Set<Digest>()

  const fetchKept = async (reference: string, call?: Call): Promise<FetchedManifest> => {
    const kept = isDigest(reference) ? cache.get(reference) : undefined
    if (kept !== undefined) return kept
    const fetched = await getManifest(endpoint, reference, call)
    cache.add(fetched)
    return fetched
  }

  const manifestStream = async function* (
    digest: Digest,
    call?: Call,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    yield (await fetchKept(digest, call)).bytes
  }

  const pushManifest = async (
    descriptor: Descriptor,
    content: AsyncIterable<Uint8Array>,
    call?: PushCall,
  ): Promise<void> => {
    const bytes = await readAll(verifiedStream(descriptor, content), {
      limit: maxManifestSize,
      on: descriptor.digest,
    })
    const manifest = parseManifest(descriptor, bytes)
    const { filedUnder } = await putManifest(endpoint, { descriptor, bytes, name: descriptor.digest }, call)
    cache.add({ descriptor: bare(descriptor), bytes })
    const subject = manifest.subject?.digest
    if (subject === undefined) return
    if (filedUnder === subject) filed.add(descriptor.digest)
    else if (call?.listing !== 'later') await list(subject, [referrerDescriptor(manifest)], call)
  }

  // Of what the registry did not file, the fallback tag gets all that the API does not list, in one write.
  const list = async (subject: Digest, referrers: readonly Descriptor[], call?: Call): Promise<void> => {
    const unfiled = referrers.filter(({ digest }) => !filed.has(digest))
    if (unfiled.length === 0) return
    const listed = new Set((await referrersFromApi(endpoint, subject, call))?.map(({ digest }) => digest))
    const add = unfiled.filter(({ digest }) => !listed.has(digest))
    if (add.length > 0)
      await changeFallbackList(endpoint, { subject, change: { add, remove: new Set() } }, call)
  }

  const repository: Repository = {
    host: endpoint.host,
    repository: endpoint.repository,
    async resolve(reference, call) {
      if (reference === '')
        throw new RegistryError('INVALID_REFERENCE', 'a tag or a digest is needed', { on: endpoint.host })
      return (await fetchKept(reference, call)).descriptor
    },
    open(descriptor, call) {
      const source = isManifest(descriptor)
        ? manifestStream(descriptor.digest, call)
        : downloadBlob(endpoint, descriptor, call)
      return verifiedStream(descriptor, source)
    },
    async *referrers(subject, call) {
      for (const each of await listReferrers(endpoint, subject, call)) {
        if (call?.artifactType === undefined || call.artifactType === each.artifactType) yield each
      }
    },
    async *tags(call) {
      yield* listTags(endpoint, call)
    },
    async has(descriptor, call) {
      if (isManifest(descriptor)) return await hasManifest(endpoint, descriptor.digest, call)
      return await hasBlob(endpoint, descriptor, call)
    },
    async push(descriptor, content, call) {
      if (isManifest(descriptor)) await pushManifest(descriptor, content, call)
      else await uploadBlob(endpoint, { descriptor, content, habits }, call)
    },
    list,
    async unlist(subject, referrers, call) {
      await changeFallbackList(endpoint, { subject, change: { add: [], remove: new Set(referrers) } }, call)
    },
    async tag(descriptor, tag, call) {
      const manifest = await fetchKept(descriptor.digest, call)
      await putManifest(endpoint, { ...manifest, name: tag }, call)
    },
    async mount(descriptor, from, call) {
      return await mountBlob(endpoint, { digest: descriptor.digest, from }, call)
    },
    async untag(tag, call) {
      await deleteManifest(endpoint, tag, call)
    },
    async remove(digest, call) {
      cache.remove(digest)
      filed.delete(digest)
      await deleteManifest(endpoint, digest, call)
    },
  }
  opened.add(repository)
  return repository
}

/** Whether a store is a repository of a registry. */
export function isRepository(store: ContentSource): store is Repository {
  return opened.has(store)
}

function isManifest({ mediaType }: Descriptor): boolean {
  return isManifestType(mediaType) || isIndexType(mediaType)
}

function bare({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size }
}
