import { LIMITS } from '../image/limits.ts'
import { metadataAt, type InspectedImage } from './inspected-image.ts'

/** The distribution that an image says it is made of. */
export interface Distribution {
  readonly id: string
  readonly version: string
  readonly prettyName: string
  readonly homeUrl: string
}

/** Reads os-release(5); every field is empty where the image has none. */
export function distributionOf(inspected: InspectedImage): Distribution {
  const text = metadataAt(inspected, 'etc/os-release') ?? metadataAt(inspected, 'usr/lib/os-release') ?? ''
  const start = text.slice(0, LIMITS.osReleaseBytes)
  const field = (key: string): string => {
    const match = new RegExp(`^${key}=(.*)$`, 'm').exec(start)
    return (match?.[1] ?? '').trim().replaceAll(/^["']|["']$/g, '')
  }
  return {
    id: field('ID'),
    version: field('VERSION_ID'),
    prettyName: field('PRETTY_NAME'),
    homeUrl: field('HOME_URL'),
  }
}
