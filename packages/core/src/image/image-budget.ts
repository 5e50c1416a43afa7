import { limitExceeded } from './layer-error.ts'
import { LIMITS } from './limits.ts'

type BudgetItem = 'entries' | 'keptBytes' | 'holeBytes' | 'mapBytes' | 'contentBytes' | 'records' | 'remarks'

/** What all layers of one image share: a layer within its own limits may still be one of five hundred. */
export interface ImageBudget {
  /** Takes an amount. @throws LayerError LIMIT_EXCEEDED once the image is over the limit */
  readonly take: (what: BudgetItem, amount: number) => void
}

const limits: Readonly<Record<BudgetItem, readonly [string, number]>> = {
  entries: ['entries of all layers', LIMITS.imageEntries],
  keptBytes: ['bytes of names in all layers', LIMITS.imageKeptBytes],
  holeBytes: ['bytes in holes of sparse files in all layers', LIMITS.sparseHoleBytes],
  contentBytes: ['uncompressed bytes of all layers', LIMITS.imageBytes],
  mapBytes: ['bytes of sparse maps', LIMITS.sparseMapBytes],
  records: ['records of extended headers in all layers', LIMITS.imagePaxRecords],
  remarks: ['remarks between entries of all layers', LIMITS.imageRemarks],
}

export function imageBudget(): ImageBudget {
  const used = {
    entries: 0,
    keptBytes: 0,
    holeBytes: 0,
    mapBytes: 0,
    contentBytes: 0,
    records: 0,
    remarks: 0,
  }
  return {
    take(what, amount) {
      used[what] += amount
      const [text, limit] = limits[what]
      if (used[what] > limit) throw limitExceeded(text, limit, `more than ${limit}`)
    },
  }
}
