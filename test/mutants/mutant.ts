/** One guard taken out of the source: the test that is named must notice. */
export interface Mutant {
  readonly id: string
  /** The source file, from the root of the repository. */
  readonly file: string
  /** Text that stands exactly once in the file. */
  readonly find: string
  /** What stands there when the guard is gone. */
  readonly replace: string
  /** The test file that must go red. */
  readonly test: string
}
