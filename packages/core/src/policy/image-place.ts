/** Where a file names an image. */
export interface ImagePlace {
  readonly file: string
  /** Both count from 1. */
  readonly line: number
  readonly column: number
  /** The field or instruction: `spec.containers[0].image`, `FROM`. */
  readonly path: string
}
