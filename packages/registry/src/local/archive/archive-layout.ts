import { digestAlgorithm, digestHex, isDigest, type Digest } from '../../digest.ts'
import { RegistryError } from '../../errors.ts'
import { maxManifestSize } from '../../manifest.ts'
import { verifiedStream } from '../../verified-stream.ts'
import type { ArchiveFile } from './archive-file.ts'
import type { LayoutFiles } from '../layout-files.ts'
import { checkLayoutVersion, parseLayoutIndex } from '../layout-index.ts'
import type { TarFile } from './tar-index.ts'

/** The files of a layout that lies in an archive. */
export function archiveFiles(archive: ArchiveFile): LayoutFiles {
  const find = async (digest: Digest): Promise<TarFile | undefined> =>
    await archive.find(`blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`)
  return {
    name: archive.path,
    entries: async () => {
      checkLayoutVersion(await readNamed(archive, 'oci-layout', 4096), archive.path)
      return parseLayoutIndex(await readNamed(archive, 'index.json', maxManifestSize), archive.path)
    },
    blobSize: async (digest) => (await find(digest))?.size,
    async *readBlob(descriptor, call) {
      const file = await find(descriptor.digest)
      if (file === undefined)
        throw new RegistryError('NOT_FOUND', 'the archive does not have this blob', { on: descriptor.digest })
      yield* verifiedStream(descriptor, archive.read(file, call))
    },
    listBlobs: async (max) => {
      const blobs = (await archive.names()).filter((name) => name.startsWith('blobs/sha256/'))
      if (blobs.length > max)
        throw new RegistryError('LIMIT_EXCEEDED', 'the archive has too many blobs', { on: archive.path })
      return blobs.map((name) => `sha256:${name.slice('blobs/sha256/'.length)}`).filter(isDigest)
    },
    readPossibleJson: async (digest, max) => {
      const file = await find(digest)
      return file === undefined || file.size > max ? undefined : await archive.readWhole(file, max)
    },
  }
}

/**
 * A file that the archive must have.
 * @throws RegistryError NOT_FOUND
 */
export async function readNamed(archive: ArchiveFile, name: string, limit: number): Promise<Uint8Array> {
  const file = await archive.find(name)
  if (file !== undefined) return await archive.readWhole(file, limit)
  throw new RegistryError('NOT_FOUND', `the archive has no ${name}`, {
    on: archive.path,
    hint: 'oci-archive: is for an OCI layout, docker-archive: for what docker save wrote',
  })
}
