import { RegistryError, type Call, type ContentSource, type Descriptor, type Platform } from '@assay/registry'
import { loadImages, platformOf } from '../image/load-images.ts'
import { platformName } from '../image/platform.ts'

/**
 * The one image of an index that runs on a platform.
 * @throws ImageError UNKNOWN_PLATFORM
 * @throws RegistryError AMBIGUOUS_REFERENCE where several do
 */
export async function onlyPlatform(
  { store, root }: { readonly store: ContentSource; readonly root: Descriptor },
  platform: Platform,
  call: Call,
): Promise<Descriptor> {
  const { images } = await loadImages(store, root, { platform, call })
  const [first, second] = images
  if (first !== undefined && second === undefined) return first.manifest.descriptor
  throw new RegistryError('AMBIGUOUS_REFERENCE', 'several images run on this platform', {
    on: root.digest,
    got: images
      .map((image) => `${platformName(platformOf(image))} ${image.manifest.descriptor.digest}`)
      .join(', '),
    hint: 'name one by its digest',
  })
}
