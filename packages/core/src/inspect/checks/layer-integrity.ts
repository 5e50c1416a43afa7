import { claimedCompression } from '../../image/layer-types.ts'
import { platformName } from '../../image/platform.ts'
import type { Check } from '../check.ts'
import type { Finding, Rule } from '../finding.ts'
import type { InspectedImage } from '../inspected-image.ts'

const rule: Rule = {
  id: 'layer-integrity',
  class: 'hidden',
  severity: 'critical',
  title: 'The manifest, the config and the layers do not say the same.',
}

export const layerIntegrity: Check = {
  rule,
  *image(inspected) {
    for (const layer of inspected.layers) {
      const { diffId, actualDiffId, compression, index } = layer
      if (actualDiffId !== undefined && diffId !== undefined && actualDiffId !== diffId) {
        yield {
          rule,
          layer: index,
          message: `the uncompressed layer is ${actualDiffId}, the config says ${diffId}`,
        }
      }
      const claimed = claimedCompression(layer.descriptor.mediaType)
      if (compression !== undefined && compression !== claimed) {
        yield {
          rule,
          severity: 'high',
          layer: index,
          message: `the media type says ${claimed}, the bytes are ${compression}`,
        }
      }
    }
    yield* configFindings(inspected)
  },
}

function* configFindings({ image, layers }: InspectedImage): Generator<Finding> {
  const { config, listedPlatform } = image
  if (config.diffIds.length !== layers.length) {
    yield { rule, message: `the manifest has ${layers.length} layers, the config ${config.diffIds.length}` }
  }
  const steps = config.history.filter((step) => !step.emptyLayer).length
  if (config.history.length > 0 && steps !== layers.length) {
    yield {
      rule,
      severity: 'low',
      message: `the history tells of ${steps} layers, there are ${layers.length}`,
    }
  }
  const differs =
    listedPlatform !== undefined &&
    (listedPlatform.os !== config.platform.os || listedPlatform.architecture !== config.platform.architecture)
  if (differs) {
    const [listed, own] = [platformName(listedPlatform), platformName(config.platform)]
    yield { rule, severity: 'high', message: `the index says ${listed}, the image config ${own}` }
  }
}
