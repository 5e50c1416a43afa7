import type { EntryType } from '../../image/entry-type.ts'

/** What a container makes of one entry of one layer. */
export type FileState =
  /** The container sees it. */
  | 'present'
  /** A later entry has its path. */
  | 'overwritten'
  /** A whiteout or an opaque directory of a higher layer took it away. */
  | 'deleted'
  /** A directory above it was replaced by something else. */
  | 'shadowed'
  /** No file: it takes files of lower layers away. */
  | 'whiteout'
  /** Runtimes refuse to unpack it where it stands. */
  | 'refused'

/** One file of one layer, and what became of it. Numbers of layers count from 0, the lowest. */
export interface FileReport {
  readonly path: string
  readonly state: FileState
  /** The layer that this version of the file came with. */
  readonly layer: number
  /** The layer that overwrote, deleted or shadowed this version. */
  readonly endedBy: number | null
  /** The layer in which the file first appeared, or appeared again after it was deleted. */
  readonly introduced: number
  /** The layers that put another version in its place, lowest first. */
  readonly changed: readonly number[]
  /** The layer after which the file was gone. */
  readonly deleted: number | null
  readonly type: EntryType
  /** Octal, with setuid, setgid and sticky. */
  readonly mode: string
  readonly uid: number
  readonly gid: number
  /** Bytes of content; of a hardlink, those of the file that it is a name of. */
  readonly size: number
  /** Where a symlink or hardlink leads, as written. */
  readonly target: string | null
  /** Lower-case hex; null where contents were not looked at, and for what has none. */
  readonly sha256: string | null
  /** Byte offset of the header in the uncompressed layer; null for a directory that no entry made. */
  readonly offset: number | null
}

/** All files of one image that were asked for. */
export interface ImageFiles {
  readonly digest: string
  readonly platform: string
  /** Why the list is not complete; empty where every layer was read. */
  readonly unread: readonly string[]
  readonly files: readonly FileReport[]
}
