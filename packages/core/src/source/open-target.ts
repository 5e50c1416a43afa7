import {
  createLayout,
  openRepository,
  parseReference,
  RegistryError,
  type ContentStore,
  type Reference,
} from '@assay/registry'
import type { OpenOptions } from './open-image.ts'

/** A place to write an image to. */
export interface OpenedTarget {
  readonly reference: Reference
  readonly store: ContentStore
  /** `host/repository` or `oci:DIR`. */
  readonly place: string
}

/**
 * Opens the place that a reference names for writing. A layout is made if there is none.
 * @throws RegistryError INVALID_REFERENCE, WRITE_FAILED
 */
export async function openTarget(target: string | Reference, options: OpenOptions): Promise<OpenedTarget> {
  const reference = typeof target === 'string' ? parseReference(target) : target
  switch (reference.kind) {
    case 'layout':
      return { reference, store: await createLayout(reference.path), place: `oci:${reference.path}` }
    case 'archive':
      throw new RegistryError('UNSUPPORTED', 'archives are only read', {
        on: reference.path,
        hint: 'copy into oci:DIR, and make an archive of it: tar -C DIR -cf FILE .',
      })
    case 'registry':
      return {
        reference,
        store: openRepository(reference, await options.connect(reference)),
        place: `${reference.host}/${reference.repository}`,
      }
  }
}
