import { limitExceeded } from './layer-error.ts'
import { LIMITS } from './limits.ts'

type BudgetItem = 'entries' | 'keptBytes' | 'holeBytes' | 'mapBytes' | 'contentBytes' | 'records' | 'remarks'

/** How much of each item something takes. */
export type BudgetUse = Readonly<Record<BudgetItem, number>>

/** What all layers of one image share: a layer within its own limits may still be one of five hundred. */
export interface ImageBudget {
  /** Takes an amount. @throws LayerError LIMIT_EXCEEDED once the image is over the limit */
  readonly take: (what: BudgetItem, amount: number) => void
  /** Takes all of it, or nothing where one item would be over its limit: then false. */
  readonly takeAll: (use: BudgetUse) => boolean
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

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the table just above
const items = Object.keys(limits) as readonly BudgetItem[]

export function imageBudget(): ImageBudget {
  const used = nothing()
  return {
    take(what, amount) {
      used[what] += amount
      const [text, limit] = limits[what]
      if (used[what] > limit) throw limitExceeded(text, limit, `more than ${limit}`)
    },
    takeAll(use) {
      if (items.some((item) => used[item] + use[item] > limits[item][1])) return false
      for (const item of items) used[item] += use[item]
      return true
    },
  }
}

/** The same budget, and what is taken from it through this one. */
export function metered(budget: ImageBudget): { readonly budget: ImageBudget; readonly use: BudgetUse } {
  const use = nothing()
  const take: ImageBudget['take'] = (what, amount) => {
    use[what] += amount
    budget.take(what, amount)
  }
  const takeAll: ImageBudget['takeAll'] = (more) => {
    const taken = budget.takeAll(more)
    if (taken) for (const item of items) use[item] += more[item]
    return taken
  }
  return { budget: { take, takeAll }, use }
}

function nothing(): Record<BudgetItem, number> {
  return { entries: 0, keptBytes: 0, holeBytes: 0, mapBytes: 0, contentBytes: 0, records: 0, remarks: 0 }
}
