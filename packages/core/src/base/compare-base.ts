import type { Digest } from '@assay/registry'
import { platformOf, type ImageManifest } from '../image/load-images.ts'
import { platformName } from '../image/platform.ts'
import type { ImageReport } from '../inspect/inspection-report.ts'

/** Whether the lowest layers of an image are all layers of another, for one platform. */
export type BaseMatch =
  | { readonly platform: string; readonly same: true; readonly base: Digest; readonly layers: number }
  | { readonly platform: string; readonly same: false; readonly why: string }

/**
 * Compares layer by layer, from the lowest: the digest of the blob, and what its content hashes to with what the
 * config of the base says. Only the image of the same platform counts.
 */
export function compareBase(image: ImageReport, bases: readonly ImageManifest[]): BaseMatch {
  const { platform } = image
  const fits = bases.filter((base) => platformNames(base).includes(platform))
  const differences = fits.map((base) => ({ base, why: differenceOf(image, base) }))
  const match = differences.find(({ why }) => why === undefined)
  if (match === undefined)
    return { platform, same: false, why: differences[0]?.why ?? `the base has no image for ${platform}` }
  const { manifest } = match.base
  return { platform, same: true, base: manifest.descriptor.digest, layers: manifest.layers.length }
}

function platformNames(base: ImageManifest): readonly string[] {
  return [platformOf(base), ...base.alsoListed].map(platformName)
}

function differenceOf({ layers }: ImageReport, { manifest, config }: ImageManifest): string | undefined {
  const count = manifest.layers.length
  // Every image begins with the layers of one that has none.
  if (count === 0) return 'the base has no layers'
  if (config.diffIds.length !== count)
    return 'manifest and config of the base list different numbers of layers'
  if (layers.length < count) return `it has ${layers.length} layers, the base has ${count}`
  for (const [index, { digest }] of manifest.layers.entries()) {
    const layer = layers[index]
    if (layer?.digest !== digest) return `layer ${index} is another one`
    if (layer.diffId === null) return `layer ${index} could not be read to its end`
    if (layer.diffId !== config.diffIds[index])
      return `layer ${index} is not what the config of the base says`
  }
  return undefined
}
