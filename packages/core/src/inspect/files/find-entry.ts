import { ImageError } from '../../image/image-error.ts'
import type { LayerEntry } from '../../image/layer.ts'
import { baseName, cleanPath, displayPath, parentPath } from '../../image/layer-path.ts'
import { LIMITS } from '../../image/limits.ts'
import { applyLayers } from '../../image/overlay.ts'
import { placeAt } from '../../image/overlay-tree.ts'
import type { InspectedImage } from '../inspected-image.ts'

/**
 * The entry that holds the content of what a container sees at a path.
 * @throws ImageError NO_SUCH_FILE, NOT_A_FILE
 */
export function entryInRootfs({ rootfs }: InspectedImage, path: string): LayerEntry {
  const place = placeAt(rootfs.root, cleanPath(byteString(path)), LIMITS.linkHops)
  if (place === undefined) {
    throw new ImageError('NO_SUCH_FILE', 'a container of the image has no such file', {
      got: path,
      hint: '`assay ls --layers IMAGE PATH` shows whether a layer had it',
    })
  }
  const { entry } = place.node
  if (entry === undefined) throw notAFile(path, 'directory')
  return regular(rootfs.linkTargets.get(entry) ?? entry, path)
}

/**
 * The entry that holds the content of a path in one layer, be it deleted or overwritten later. Links to directories
 * on the way are followed as that layer left them; a link in the last place is not.
 * @throws ImageError NO_SUCH_FILE, NOT_A_FILE, UNREAD_LAYER
 */
export function entryOfLayer(inspected: InspectedImage, path: string, index: number): LayerEntry {
  const layer = inspected.layers[index]
  if (layer === undefined) {
    throw new ImageError('NO_SUCH_FILE', 'the image has no such layer', {
      expected: `0 to ${inspected.layers.length - 1}`,
      got: String(index),
    })
  }
  const wanted = cleanPath(byteString(path))
  // The last of several entries is the one that runtimes leave.
  const at = (exact: string): LayerEntry | undefined =>
    layer.entries.findLast((entry) => entry.path === exact)
  const entry = at(wanted) ?? at(withoutLinks(inspected, wanted, index))
  if (entry !== undefined) return regular(inspected.rootfs.linkTargets.get(entry) ?? entry, path)
  if (layer.failure === undefined) {
    throw new ImageError('NO_SUCH_FILE', `layer ${index} has no such file`, {
      got: path,
      hint: '`assay ls --layers IMAGE PATH` shows the layers that have it',
    })
  }
  throw new ImageError('UNREAD_LAYER', `layer ${index} cannot be read to its end`, { on: path })
}

function withoutLinks({ layers }: InspectedImage, wanted: string, index: number): string {
  const { root } = applyLayers(layers.slice(0, index + 1))
  const parent = placeAt(root, parentPath(wanted), LIMITS.linkHops)?.path ?? parentPath(wanted)
  return parent === '' ? baseName(wanted) : `${parent}/${baseName(wanted)}`
}

function regular(entry: LayerEntry, path: string): LayerEntry {
  if (entry.type === 'file') return entry
  throw notAFile(path, entry.type === 'symlink' ? `link to ${displayPath(entry.linkTarget)}` : entry.type)
}

function notAFile(path: string, got: string): ImageError {
  const hint = got === 'directory' ? '`assay ls IMAGE PATH` lists it' : undefined
  return new ImageError('NOT_A_FILE', 'only regular files have content', {
    on: path,
    expected: 'a file',
    got: `a ${got.replaceAll('-', ' ')}`,
    ...(hint === undefined ? {} : { hint }),
  })
}

/** Paths are byte strings inside. */
function byteString(path: string): string {
  return Buffer.from(path, 'utf8').toString('latin1')
}
