import type { Component } from '../../image/content-facts.ts'
import type { PackageRecord } from './databases/database.ts'

/** A piece of software that an image holds, as a package database, its own description or its program says. */
export interface Package {
  readonly ecosystem: PackageRecord['ecosystem'] | Component['ecosystem']
  readonly name: string
  /** Empty where nothing tells it. */
  readonly version: string
  /** Empty where it has none. */
  readonly architecture: string
  /** The source package and its version, where they differ. */
  readonly source: string | undefined
  /** Package URL (purl-spec). */
  readonly purl: string
  /** The file that names it; behind `!` the file in that archive. */
  readonly from: string
  /** As written there: an SPDX expression, a name, a URL. */
  readonly license?: string
  /** Lower-case hex, of the package or of the file that it is. */
  readonly sha256?: string
  /** Index of the layer that brought it. */
  readonly layer: number
}
