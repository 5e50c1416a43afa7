/** A package that an image holds, as its own database says. */
export interface Package {
  readonly ecosystem: 'deb'
  readonly name: string
  readonly version: string
  readonly architecture: string
  /** The source package and its version, where they differ. */
  readonly source: string | undefined
  /** Package URL (purl-spec). */
  readonly purl: string
  /** The database file that names it. */
  readonly from: string
}
