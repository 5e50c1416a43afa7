import { RegistryError, type Call, type Digest } from '@assay/registry'
import { attachedTree, type AttachedTree } from '../attach/attached-tree.ts'
import type { OpenedImage } from '../source/open-image.ts'
import { removeAttached, type RemovedItem } from './remove-attached.ts'
import { selectAttached, type AttachedSelection, type SelectedItem } from './select-attached.ts'

/** What would be removed from an image, found and not yet touched. */
export interface CleaningPlan {
  readonly items: readonly SelectedItem[]
  /** Does it. */
  readonly remove: () => Promise<readonly RemovedItem[]>
}

/**
 * Finds what of all that is attached to an image is meant.
 * @throws RegistryError NOT_FOUND for a digest that is not attached, and the codes of reaching the place
 */
export async function planCleaning(
  { store, root }: Pick<OpenedImage, 'store' | 'root'>,
  selection: AttachedSelection,
  call: Call,
): Promise<CleaningPlan> {
  const tree: AttachedTree = await attachedTree(store, root, call)
  const items = selectAttached(tree, selection)
  const found = new Set(items.map(({ item }) => item.manifest.digest))
  for (const digest of selection.digests) if (!found.has(digest)) throw notAttached(digest)
  return { items, remove: async () => await removeAttached(store, { tree, items }, call) }
}

function notAttached(digest: Digest): RegistryError {
  return new RegistryError('NOT_FOUND', 'this is not attached to the image', {
    on: digest,
    hint: 'assay tree shows what is; what is attached to a platform needs --recursive',
  })
}
