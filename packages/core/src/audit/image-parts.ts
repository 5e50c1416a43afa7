import { fetchManifest, type Call, type ContentSource, type Descriptor } from '@assay/registry'
import { loadImages, platformOf } from '../image/load-images.ts'
import { platformName } from '../image/platform.ts'

/** One thing that can be signed under a name: the index or image itself, or one platform of the index. */
export interface ImagePart {
  readonly descriptor: Descriptor
  /** `os/architecture[/variant]`; of an index it is missing. */
  readonly platform?: string
}

/**
 * What a reference stands for, the root first; of an index every runnable platform after it.
 * @throws ImageError, RegistryError
 */
export async function imageParts(
  source: ContentSource,
  root: Descriptor,
  call: Call = {},
): Promise<readonly ImagePart[]> {
  const manifest = await fetchManifest(source, root, call)
  if (manifest.kind === 'manifest') return [{ descriptor: root }]
  const { images, others } = await loadImages(source, root, { call })
  const parts = images.map((image): ImagePart => ({
    descriptor: image.manifest.descriptor,
    platform: platformName(platformOf(image)),
  }))
  // What a runtime might take for an image has to be proven like one, whatever it calls itself.
  const suspects = others.filter(({ mayRun }) => mayRun).map(({ descriptor }): ImagePart => ({ descriptor }))
  return [{ descriptor: root }, ...parts, ...suspects]
}
