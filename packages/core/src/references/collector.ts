import { CodedError, parseReference } from '@assay/registry'
import type { Located } from '../policy/parse/located.ts'
import type { Position } from '../policy/problem.ts'
import type { FoundImage, FoundReferences, ReferenceRemark, UnresolvedImage } from './found-image.ts'

/** The most images that one file may name. */
const maxImages = 10_000

/** A place in the file that is being read. */
export interface Spot {
  readonly at: Position
  readonly path: string
}

/** Gathers what one file names. */
export interface Collector {
  readonly file: string
  /** An image by the text that a file gives; `span` where that text stands in the file as it is. */
  readonly image: (text: string, spot: Spot, more?: Pick<FoundImage, 'span' | 'object' | 'use'>) => void
  readonly unresolved: (
    text: string,
    spot: Spot,
    why: { readonly message: string; readonly hint?: string },
  ) => void
  readonly problem: (spot: Spot, message: string) => void
  readonly remark: (spot: Spot, message: string) => void
  readonly found: () => FoundReferences
}

export function collectorOf(file: string): Collector {
  const images: FoundImage[] = []
  const unresolved: UnresolvedImage[] = []
  const problems: ReferenceRemark[] = []
  const remarks: ReferenceRemark[] = []
  const placed = ({ at, path }: Spot): FoundImage['place'] => ({ file, ...at, path })
  return {
    file,
    image: (text, spot, more = {}) => {
      const place = placed(spot)
      if (images.length >= maxImages) {
        if (images.length === maxImages && problems.length === 0)
          problems.push({ place, message: `more than ${maxImages} images in one file` })
        return
      }
      const reference = inRegistry(text)
      const fault = faultOf(reference)
      if (fault === undefined) images.push({ reference, place, ...more })
      else problems.push({ place, message: fault })
    },
    unresolved: (text, spot, why) => void unresolved.push({ text, place: placed(spot), ...why }),
    problem: (spot, message) => void problems.push({ place: placed(spot), message }),
    remark: (spot, message) => void remarks.push({ place: placed(spot), message }),
    found: () => ({ images, unresolved, problems, remarks }),
  }
}

/** In a file `oci:x` is Docker Hub's image `oci`: our own words for places that are no registry do not count there. */
function inRegistry(text: string): string {
  return /^(?:oci|oci-archive|docker-archive|docker-daemon):/.test(text) ? `docker.io/library/${text}` : text
}

function faultOf(reference: string): string | undefined {
  try {
    parseReference(reference)
    return undefined
  } catch (error) {
    if (error instanceof CodedError) return `${error.message}: ${JSON.stringify(reference.slice(0, 200))}`
    throw error
  }
}

/** The field of a mapping, undefined where there is none or it is null. */
export function fieldOf(value: Located | undefined, name: string): Located | undefined {
  if (value?.kind !== 'map') return undefined
  const field = value.entries.get(name)?.value
  return field === undefined || field.kind === 'null' ? undefined : field
}

export function textOf(value: Located | undefined): string | undefined {
  return value?.kind === 'string' ? value.value : undefined
}

export function itemsOf(value: Located | undefined): readonly Located[] {
  return value?.kind === 'list' ? value.items : []
}

export function entriesOf(value: Located | undefined): readonly (readonly [string, Located])[] {
  if (value?.kind !== 'map') return []
  return [...value.entries].map(([name, entry]) => [name, entry.value])
}
