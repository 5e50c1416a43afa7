import type { ContentSource, ContentStore } from '../../content.ts'
import type { Descriptor } from '../../descriptor.ts'
import { RegistryError } from '../../errors.ts'
import { streamOf, verifiedStream } from '../../verified-stream.ts'
import { archiveFile, type ArchiveFile } from './archive-file.ts'
import { readDockerImages, type DockerImage } from './docker-archive.ts'
import { refName } from '../layout-index.ts'
import { layoutSource } from '../layout-source.ts'
import { archiveFiles } from './archive-layout.ts'
import { containerdName, fullName } from './docker-names.ts'
import { refusedChanges } from '../../refused-changes.ts'

/**
 * A tar archive of images, for reading: it is not unpacked, and never changed. `oci` is an OCI layout in a tar file.
 * `docker` is what `docker save` wrote: where that is an OCI layout too, with the digests that registries know;
 * else with a manifest made here, whose digest is not one of any registry.
 */
export function openArchive({
  path,
  format,
}: {
  readonly path: string
  readonly format: 'oci' | 'docker'
}): ContentStore {
  const archive = archiveFile(path)
  const files = archiveFiles(archive)
  if (format === 'oci') return readOnly(layoutSource(files), path)
  const layout = layoutSource({ ...files, entries: async () => (await files.entries()).map(withDockerName) })
  let chosen: Promise<ContentSource> | undefined
  const source = async (): Promise<ContentSource> => {
    chosen ??= archive
      .find('index.json')
      .then(async (index) => (index === undefined ? await oldForm(archive) : layout))
    return await chosen
  }
  const store: ContentSource = {
    resolve: async (reference, call) => await (await source()).resolve(fullName(reference), call),
    async *open(descriptor, call) {
      yield* (await source()).open(descriptor, call)
    },
    async *referrers(subject, call) {
      yield* (await source()).referrers(subject, call)
    },
    async *tags(call) {
      yield* (await source()).tags(call)
    },
  }
  return readOnly(store, path)
}

async function oldForm(archive: ArchiveFile): Promise<ContentSource> {
  const images = await readDockerImages(archive)
  const contents = new Map(images.flatMap((image) => [...image.contents]))
  const named = new Map(
    images.flatMap(({ names, manifest }) => names.map((name) => [fullName(name), manifest])),
  )
  return {
    async resolve(reference) {
      const byDigest = images.find(({ manifest }) => manifest.digest === reference)?.manifest
      const found = reference === '' ? onlyOf(images, archive.path) : (named.get(reference) ?? byDigest)
      if (found !== undefined) return await Promise.resolve(found)
      throw new RegistryError('NOT_FOUND', 'the archive has no image of this name', {
        on: reference === '' ? archive.path : reference,
        got: [...named.keys()].join(', '),
      })
    },
    async *open(descriptor, call) {
      const content = contents.get(descriptor.digest)
      if (content === undefined)
        throw new RegistryError('NOT_FOUND', 'the archive does not have this blob', { on: descriptor.digest })
      yield* verifiedStream(
        descriptor,
        content.kind === 'file' ? archive.read(content.file, call) : streamOf(content.bytes),
      )
    },
    // The form knows no attachments.
    async *referrers() {
      yield* await Promise.resolve([])
    },
    async *tags() {
      yield* await Promise.resolve(named.keys())
    },
  }
}

function onlyOf(images: readonly DockerImage[], path: string): Descriptor | undefined {
  const unique = new Map(images.map(({ manifest }) => [manifest.digest, manifest]))
  if (unique.size <= 1) return images[0]?.manifest
  throw new RegistryError('AMBIGUOUS_REFERENCE', 'the archive holds several images and none was named', {
    on: path,
    got: images.flatMap(({ names, manifest }) => (names.length === 0 ? [manifest.digest] : names)).join(', '),
    hint: 'name one: docker-archive:FILE:name:tag',
  })
}

function withDockerName(entry: Descriptor): Descriptor {
  const name = entry.annotations?.[containerdName]
  return name === undefined ? entry : { ...entry, annotations: { ...entry.annotations, [refName]: name } }
}

function readOnly(source: ContentSource, path: string): ContentStore {
  const changes = refusedChanges(
    () =>
      new RegistryError('UNSUPPORTED', 'an archive that is there is only read, never changed', {
        on: path,
        hint: 'copy it into a layout first: assay copy SOURCE oci:DIR',
      }),
  )
  return {
    ...source,
    ...changes,
  }
}
