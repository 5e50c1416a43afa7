import { CodedError } from '@assay/registry'
import { LIMITS } from '../../../image/limits.ts'

/** A package as the database of a distribution has it. */
export interface PackageRecord {
  readonly ecosystem: 'deb' | 'apk' | 'rpm'
  readonly name: string
  /** With epoch and release, as the package manager prints it. */
  readonly version: string
  readonly architecture: string
  /** What it was built from. */
  readonly source?: string
  /** As written. */
  readonly license?: string
  /** SHA-256 of the package file, where the database has it. */
  readonly sha256?: string
}

export type DigestAlgorithm = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512'

/** A file that a package installed, and what it then was. */
export interface FileClaim {
  /** Cleaned, one character per byte. */
  readonly path: string
  readonly package: string
  readonly algorithm: DigestAlgorithm
  /** Lower-case hex. */
  readonly digest: string
  /** The language whose package manager installed it; none for the package managers of distributions. */
  readonly language?: 'python'
  /** The folder that the packages of the language are installed in. */
  readonly root?: string
  /** It is there to be changed. */
  readonly configuration?: true
}

export interface DatabaseContent {
  readonly packages: readonly PackageRecord[]
  readonly files: readonly FileClaim[]
}

/** The content of a file whose path is that of the database with something behind it. */
export type Beside = (suffix: string) => Buffer | undefined

/** Reads one file of a package database. @throws DatabaseError */
export type DatabaseReader = (content: Buffer, path: string, beside?: Beside) => DatabaseContent

export type DatabaseErrorCode =
  /** The bytes are not what the format says. */
  'MALFORMED_DATABASE' | 'LIMIT_EXCEEDED'

/** Why a package database does not tell what is installed. */
export class DatabaseError extends CodedError<DatabaseErrorCode> {}

export function malformed(
  message: string,
  details: { readonly expected?: string; readonly got?: string; readonly cause?: unknown } = {},
): DatabaseError {
  return new DatabaseError('MALFORMED_DATABASE', message, details)
}

/** Refuses a database with more packages than any real one has. */
export function checkPackageCount(count: number): void {
  if (count <= LIMITS.packagesOfDatabase) return
  throw new DatabaseError('LIMIT_EXCEEDED', 'the database has too many packages', {
    expected: `at most ${LIMITS.packagesOfDatabase}`,
    got: `more than ${LIMITS.packagesOfDatabase}`,
  })
}

const digestLengths: Readonly<Record<DigestAlgorithm, number>> = {
  md5: 32,
  sha1: 40,
  sha256: 64,
  sha384: 96,
  sha512: 128,
}

/** Whether a text is a digest of this algorithm in lower-case hex. */
export function isHexDigest(algorithm: DigestAlgorithm, text: string): boolean {
  return text.length === digestLengths[algorithm] && /^[0-9a-f]+$/.test(text)
}
