import { parseStrictJson, readAll, type Call } from '@assay/registry'
import { loadImages, platformOf } from '../image/load-images.ts'
import { platformName } from '../image/platform.ts'
import type { OpenedImage } from '../source/open-image.ts'
import { GateError } from './gate-error.ts'

/** The largest configuration that is given to a program, in bytes. */
const maxConfig = 4 * 1024 * 1024

/**
 * The configuration of every runnable image, by platform, as its bytes say: what `fetchConfigFile` gives a program.
 * @throws GateError UNSUPPORTED where an index has two images for one platform: one of them would go unseen
 * @throws ImageError, RegistryError
 */
export async function configFacts(
  { store, root }: OpenedImage,
  call: Call,
): Promise<Readonly<Record<string, unknown>>> {
  const { images } = await loadImages(store, root, { call })
  const configs = new Map<string, unknown>()
  for (const image of images) {
    const { config } = image.manifest
    // oxlint-disable-next-line no-await-in-loop -- few, small, and already asked for once
    const bytes = await readAll(store.open(config, call), { limit: maxConfig, on: config.digest })
    const platform = platformName(platformOf(image))
    if (configs.has(platform))
      throw new GateError('UNSUPPORTED', 'the index has two images for one platform', {
        on: root.digest,
        got: platform,
      })
    configs.set(platform, parseStrictJson(bytes, { on: config.digest }))
  }
  return Object.fromEntries(configs)
}
