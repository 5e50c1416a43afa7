import {
  createArchive,
  createDaemonImage,
  createLayout,
  openRepository,
  parseReference,
  type Call,
  type ContentStore,
  type Reference,
} from '@assay/registry'
import type { OpenOptions } from './open-image.ts'

/** A place to write an image to. */
export interface OpenedTarget {
  readonly reference: Reference
  readonly store: ContentStore
  /** `host/repository`, `oci:DIR`, or an archive. */
  readonly place: string
  /** Makes visible what only becomes so as a whole: an archive. */
  finish(call?: Call): Promise<void>
  /** Takes back what would be left of a failed attempt. */
  discard(): Promise<void>
}

/**
 * Writes to a target, and finishes it if that succeeds.
 * @throws RegistryError WRITE_FAILED, and what the work throws
 */
export async function writeTarget<T>(to: OpenedTarget, work: () => Promise<T>, call: Call): Promise<T> {
  try {
    const result = await work()
    await to.finish(call)
    return result
  } catch (error) {
    await to.discard()
    throw error
  }
}

/**
 * Opens the place that a reference names for writing. A layout is made if there is none; an archive is written anew.
 * @throws RegistryError INVALID_REFERENCE, WRITE_FAILED
 */
export async function openTarget(target: string | Reference, options: OpenOptions): Promise<OpenedTarget> {
  const reference = typeof target === 'string' ? parseReference(target) : target
  switch (reference.kind) {
    case 'layout':
      return {
        ...immediate,
        reference,
        store: await createLayout(reference.path),
        place: `oci:${reference.path}`,
      }
    case 'archive':
      return {
        ...(await createArchive(reference)),
        reference,
        place: `${reference.format}-archive:${reference.path}`,
      }
    case 'daemon': {
      const place = { name: reference.name, environment: options.environment ?? {} }
      return { ...(await createDaemonImage(place)), reference, place: `docker-daemon:${reference.name}` }
    }
    case 'registry':
      return {
        ...immediate,
        reference,
        store: openRepository(reference, await options.connect(reference)),
        place: `${reference.host}/${reference.repository}`,
      }
  }
}

/** Where each part is there as soon as it is written. */
const immediate: Pick<OpenedTarget, 'finish' | 'discard'> = {
  finish: async () => await Promise.resolve(),
  discard: async () => await Promise.resolve(),
}
