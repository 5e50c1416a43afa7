import type { Call, ContentStore } from '../../content.ts'
import type { Descriptor } from '../../descriptor.ts'
import { digestAlgorithm, digestHex, type Digest } from '../../digest.ts'
import { RegistryError } from '../../errors.ts'
import { descriptorToJson } from '../../json/descriptor-to-json.ts'
import { maxManifestSize, type AnyManifest } from '../../manifest.ts'
import { isIndexType, isManifestType, mediaTypes } from '../../media-types.ts'
import { parseManifest } from '../../parse-manifest.ts'
import { isAttachmentTag, referrerDescriptor } from '../../referrer.ts'
import { readAll, streamOf, verifiedStream } from '../../verified-stream.ts'
import { refName } from '../layout-index.ts'
import { containerdName, familiarName, fullName } from './docker-names.ts'
import { tarWriter, type TarWriter } from './tar-writer.ts'
import { refusedChanges } from '../../refused-changes.ts'

/** An archive that is being written: nothing has its name before it is finished. */
export interface NewArchive {
  /** For writing only. */
  readonly store: ContentStore
  /** Writes the lists of what is in it, and gives the archive its name: an older one of that name is replaced. */
  finish(call?: Call): Promise<void>
  discard(): Promise<void>
}

/**
 * Starts a tar archive of images. `oci`: an OCI layout in a tar file. `docker`: what `docker save` writes since
 * version 25, a layout with a `manifest.json` for older readers; it holds images of one platform each.
 * @throws RegistryError WRITE_FAILED
 */
export async function createArchive({
  path,
  format,
}: {
  readonly path: string
  readonly format: 'oci' | 'docker'
}): Promise<NewArchive> {
  const tar = await tarWriter(path)
  await addText(tar, 'oci-layout', '{"imageLayoutVersion":"1.0.0"}')
  const contents: Contents = { stored: new Map(), images: new Map(), listed: new Map(), named: new Map() }
  return {
    store: { ...writeOnly(path), ...writing({ tar, format, contents }) },
    async finish() {
      const entries = entriesOf(contents, format)
      const index = {
        schemaVersion: 2,
        mediaType: mediaTypes.ociIndex,
        manifests: entries.map(descriptorToJson),
      }
      await addText(tar, 'index.json', JSON.stringify(index))
      if (format === 'docker') await addText(tar, 'manifest.json', JSON.stringify(dockerList(contents)))
      await tar.finish()
    },
    discard: async () => await tar.discard(),
  }
}

interface Contents {
  readonly stored: Map<Digest, Promise<void>>
  /** What Docker's list needs to know of the images. */
  readonly images: Map<Digest, { readonly config: string; readonly layers: readonly string[] }>
  readonly listed: Map<Digest, Descriptor>
  readonly named: Map<string, Descriptor>
}

interface Writing {
  readonly tar: TarWriter
  readonly format: 'oci' | 'docker'
  readonly contents: Contents
}

function writing({ tar, format, contents }: Writing): Pick<ContentStore, 'has' | 'push' | 'list' | 'tag'> {
  const store = async (descriptor: Descriptor, content: AsyncIterable<Uint8Array>): Promise<void> => {
    const known = contents.stored.get(descriptor.digest)
    if (known !== undefined) return await known
    const file = { name: nameOf(descriptor), size: descriptor.size }
    const written = tar.add(file, verifiedStream(descriptor, content))
    contents.stored.set(descriptor.digest, written)
    try {
      await written
    } catch (error) {
      contents.stored.delete(descriptor.digest)
      throw error
    }
  }
  return {
    has: async ({ digest }) => await Promise.resolve(contents.stored.has(digest)),
    async push(descriptor, content, call) {
      if (!isManifestType(descriptor.mediaType) && !isIndexType(descriptor.mediaType)) {
        await store(descriptor, content)
        return
      }
      const limit = { limit: maxManifestSize, on: descriptor.digest }
      const bytes = await readAll(verifiedStream(descriptor, content), limit)
      const manifest = parseManifest(descriptor, bytes)
      await store(descriptor, streamOf(bytes))
      if (format === 'docker') remember(contents, manifest)
      if (manifest.subject !== undefined && call?.listing !== 'later')
        contents.listed.set(descriptor.digest, referrerDescriptor(manifest))
    },
    async list(_subject, referrers) {
      for (const each of await Promise.resolve(referrers)) contents.listed.set(each.digest, each)
    },
    async tag({ mediaType, digest, size }, tag) {
      if (!contents.stored.has(digest))
        throw new RegistryError('NOT_FOUND', 'this is not in the archive', { on: digest })
      contents.named.set(tag, await Promise.resolve({ mediaType, digest, size }))
    },
  }
}

function remember({ images }: Contents, manifest: AnyManifest): void {
  if (manifest.kind !== 'manifest') return
  const layers = manifest.layers.map(nameOf)
  images.set(manifest.descriptor.digest, { config: nameOf(manifest.config), layers })
}

function nameOf({ digest }: Descriptor): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`
}

function entriesOf({ named, listed }: Contents, format: 'oci' | 'docker'): readonly Descriptor[] {
  const names = [...named].map(([name, descriptor]) => {
    const annotations = format === 'oci' ? { [refName]: name } : dockerAnnotations(name)
    return name === '' ? descriptor : { ...descriptor, annotations }
  })
  return [...names, ...listed.values()]
}

function dockerAnnotations(name: string): Readonly<Record<string, string>> {
  if (isAttachmentTag(name)) return { [refName]: name }
  const full = fullName(name)
  return { [containerdName]: full, [refName]: full.slice(full.lastIndexOf(':') + 1) }
}

/** Docker image specification 1.2, "Combined Image JSON + Filesystem Changeset Format". */
function dockerList({ named, images }: Contents): readonly object[] {
  const byDigest = Map.groupBy(
    [...named].filter(([name]) => !isAttachmentTag(name)),
    ([, { digest }]) => digest,
  )
  return [...byDigest].flatMap(([digest, names]) => {
    const image = images.get(digest)
    if (image === undefined) return []
    const tags = names.flatMap(([name]) => (name === '' ? [] : [familiarName(name)]))
    return [{ Config: image.config, RepoTags: tags.length === 0 ? null : tags, Layers: image.layers }]
  })
}

async function addText(tar: TarWriter, name: string, text: string): Promise<void> {
  const bytes = Buffer.from(text)
  await tar.add({ name, size: bytes.byteLength }, streamOf(bytes))
}

function writeOnly(path: string): ContentStore {
  const refusal = (): RegistryError =>
    new RegistryError('UNSUPPORTED', 'the archive is being written', { on: path })
  const refuse = async (): Promise<never> => await Promise.reject(refusal())
  const refuseItems = async function* (): AsyncGenerator<never, void, undefined> {
    yield await refuse()
  }
  return {
    resolve: refuse,
    open: refuseItems,
    referrers: refuseItems,
    tags: refuseItems,
    ...refusedChanges(refusal),
  }
}
