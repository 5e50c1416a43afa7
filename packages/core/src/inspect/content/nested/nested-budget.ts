import { LIMITS } from '../../../image/limits.ts'

/** What the archives in the files of one image may cost, all together. */
export interface NestedBudget {
  /** Bytes that come out of them. */
  bytes: number
  /** Files in them that are looked at. */
  files: number
  /** Files in them that are kept as findings. */
  findings: number
}

export function nestedBudget(): NestedBudget {
  return { bytes: LIMITS.nestedBytes, files: LIMITS.nestedFiles, findings: LIMITS.nestedFindings }
}
