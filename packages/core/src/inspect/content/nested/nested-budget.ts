import { LIMITS } from '../../../image/limits.ts'

/** What the archives in the files of one layer may cost, all together: a layer tells the same in every image. */
export interface NestedBudget {
  /** Bytes that come out of them. */
  bytes: number
  /** Files in them that are looked at. */
  files: number
  /** Files in them that are kept as findings. */
  findings: number
  /** Bytes of memory for headers that are being compared; given back at the end of each archive. */
  headers: number
  readonly image: NestedImageBudget
}

/** What those of all layers may cost that are read for one image. */
export interface NestedImageBudget {
  bytes: number
}

export function nestedBudget(image: NestedImageBudget): NestedBudget {
  const {
    nestedBytes: bytes,
    nestedFiles: files,
    nestedFindings: findings,
    nestedHeaderBytes: headers,
  } = LIMITS
  return { bytes, files, findings, headers, image }
}

export function nestedImageBudget(): NestedImageBudget {
  return { bytes: LIMITS.imageNestedBytes }
}
