import { onlyPlatform, type OpenedImage } from '@assay/core'
import type { Call, Descriptor, Platform } from '@assay/registry'

/** What things are attached to: the image that was named, or the one of its platforms that was asked for. */
export async function subjectOf(
  opened: OpenedImage,
  platform: Platform | undefined,
  call: Call,
): Promise<Descriptor> {
  return platform === undefined ? opened.root : await onlyPlatform(opened, platform, call)
}
