import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  CodedError,
  digestOf,
  parseReference,
  RegistryError,
  type Call,
  type ContentSource,
  type ContentStore,
  type Digest,
} from '@assay/registry'
import { copyImage } from '../copy/copy-image.ts'
import { isLayerType } from '../image/layer-types.ts'
import { withAttachmentsOf } from '../source/joined-stores.ts'
import type { OpenedImage } from '../source/open-image.ts'
import { openTarget } from '../source/open-target.ts'
import { writePrograms } from './recorded-programs.ts'
import { printRecording, recordingFiles, type RecordedSource, type RecordingManifest } from './recording.ts'

export interface RecordOptions extends Call {
  /** The image as somebody named it. */
  readonly named: string
  /** A new or empty folder. */
  readonly folder: string
  readonly now: Date
  /** The bytes of the trusted root that the recording is to be verified with. */
  readonly trustRoot: Uint8Array
  /** Records the layers, too. */
  readonly layers: boolean
  /** Repositories that policies name under `source.oci`. */
  readonly sources: readonly { readonly repository: string; readonly store: ContentSource }[]
  /** The texts of programs that policies name by URL. */
  readonly programs?: readonly string[]
}

/**
 * Records an image with all that is attached to it, for tests of policies without a network. The manifest of the
 * recording is written last: what was cut is no recording.
 * @throws RegistryError the codes of reaching and writing the places; WRITE_FAILED also where the folder is in use
 */
export async function recordImage(image: OpenedImage, options: RecordOptions): Promise<RecordingManifest> {
  const { folder, named, now, trustRoot, layers } = options
  await makeFolder(folder)
  const index = await recordPlace(image, join(folder, recordingFiles.image), options)
  const sources: RecordedSource[] = []
  for (const [number, { repository, store }] of options.sources.entries()) {
    const name = `source-${number}`
    const view = { ...image, store: withAttachmentsOf(image.store, store) }
    // oxlint-disable-next-line no-await-in-loop -- few, and each a whole copy
    sources.push({ repository, folder: name, index: await recordPlace(view, join(folder, name), options) })
  }
  const programs = await writing(folder, () => writePrograms(folder, options.programs ?? []))
  const manifest: RecordingManifest = {
    image: parseReference(named).text,
    digest: image.root.digest,
    recordedAt: now,
    trustRoot: digestOf(trustRoot),
    layers,
    index,
    sources,
    programs,
  }
  await writing(folder, async () => {
    await writeFile(join(folder, recordingFiles.trustRoot), trustRoot)
    const unfinished = join(folder, `${recordingFiles.manifest}.unfinished`)
    await writeFile(unfinished, printRecording(manifest))
    await rename(unfinished, join(folder, recordingFiles.manifest))
  })
  return manifest
}

async function recordPlace(
  from: OpenedImage,
  path: string,
  { layers, signal }: RecordOptions,
): Promise<Digest> {
  const target = await openTarget(
    { kind: 'layout', path, text: path },
    {
      connect: () => {
        throw new Error('a folder is not reached over a network')
      },
    },
  )
  const store = layers ? target.store : withoutLayers(target.store)
  await copyImage(from, { ...target, store }, signal === undefined ? {} : { signal })
  return digestOf(await readFile(join(path, 'index.json')))
}

/** A store that says that it has every layer, so that none is brought. */
function withoutLayers(store: ContentStore): ContentStore {
  return {
    ...store,
    has: async (descriptor, call) => isLayerType(descriptor.mediaType) || (await store.has(descriptor, call)),
  }
}

async function makeFolder(folder: string): Promise<void> {
  const found = await writing(folder, async () => {
    await mkdir(folder, { recursive: true })
    return await readdir(folder)
  })
  if (found.length > 0) {
    throw new RegistryError('WRITE_FAILED', 'the folder of a recording has to be empty', {
      on: folder,
      hint: 'name a new folder, or remove the old recording first',
    })
  }
}

async function writing<Value>(folder: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CodedError) throw error
    throw new RegistryError('WRITE_FAILED', 'the recording could not be written', {
      on: folder,
      cause: error,
    })
  }
}
