import { createHash } from 'node:crypto'
import type { SbomSource } from './sbom.ts'

/** How an SBOM names its image. */
export interface ImageIdentity {
  /** `host/repository`, or the name of a layout or archive without the folders that it lies in. */
  readonly name: string
  /** `sha256:…` of the manifest. */
  readonly digest: string
  readonly hex: string
  readonly purl: string
}

const localPlace = /^(?:oci|oci-archive|docker-archive|docker-daemon):(.*)$/

export function identityOf({ image, reference }: SbomSource): ImageIdentity {
  const bare = reference.replace(/@[a-z0-9]+:[0-9a-fA-F]+$/, '')
  const [, path] = localPlace.exec(bare) ?? []
  const local = path?.split('/').findLast((part) => part !== '')
  const name = (path === undefined ? bare : (local ?? 'image')).replace(/:[^:/]*$/, '')
  const { digest } = image
  const last = name.split('/').at(-1) ?? name
  const architecture = image.platform.split('/')[1] ?? ''
  const qualifiers = [
    ...(architecture === '' ? [] : [`arch=${encodeURIComponent(architecture)}`]),
    ...(path === undefined ? [`repository_url=${encodeURIComponent(name)}`] : []),
  ]
  const query = qualifiers.length === 0 ? '' : `?${qualifiers.join('&')}`
  return {
    name,
    digest,
    hex: digest.slice(digest.indexOf(':') + 1),
    purl: `pkg:oci/${encodeURIComponent(last.toLowerCase())}@${digest}${query}`,
  }
}

/** A UUID that the image and a purpose decide (RFC 9562 §5.8, version 8): two SBOMs of one image have one. */
export function stableUuid(digest: string, purpose: string): string {
  const hash = createHash('sha256').update(`${purpose}\n${digest}`).digest()
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  const hex = hash.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  )
}

/** A time as both formats write it: UTC, whole seconds. */
export function timeText(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}
