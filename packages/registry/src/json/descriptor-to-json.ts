import type { Descriptor } from '../descriptor.ts'

/** A descriptor as it is written into indexes (OCI image-spec, descriptor.md). */
export function descriptorToJson(descriptor: Descriptor): object {
  const { platform, ...rest } = descriptor
  if (platform === undefined) return rest
  const { osVersion, ...named } = platform
  return { ...rest, platform: { ...named, ...(osVersion !== undefined && { 'os.version': osVersion }) } }
}
