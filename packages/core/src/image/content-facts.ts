import type { ContentSink } from './content-sink.ts'

/** What one pass over the content of a file told. Nothing of the content itself is kept, except where it is metadata. */
export interface ContentFacts {
  readonly form: 'elf' | 'script' | 'archive' | 'other'
  /** Lower-case hex; of executables and scripts only. */
  readonly sha256?: string
  /** Lower-case hex, for comparing with package databases. */
  readonly md5?: string
  readonly elf?: ElfFacts
  /** The interpreter that a script's first line names. */
  readonly shebang?: string
  /** All that follows it on that line, which the kernel hands over as one argument. */
  readonly shebangArgument?: string
  readonly archive?: ArchiveForm
  readonly matches: readonly ContentMatch[]
  /** What is worth telling of the files in it, if it is an archive or has one appended. */
  readonly inner?: readonly InnerFile[]
  /** What of an archive could not be looked at. */
  readonly unseen?: readonly UnseenContent[]
  /** The content of a file that packages or accounts are read from. */
  readonly metadata?: Buffer
  /** The content was longer than what we parse. */
  readonly cutShort?: boolean
  /** The software that the content says it is, or is made of. */
  readonly components?: readonly Component[]
  /** Why the content does not tell its components, though it should. */
  readonly unreadComponents?: string
}

/** One piece of software, as a file tells of itself or of what was built into it. */
export interface Component {
  readonly ecosystem: 'npm' | 'pypi' | 'golang' | 'cargo' | 'maven' | 'generic'
  readonly name: string
  /** Empty where it is not told. */
  readonly version: string
  /** The Maven group; empty where it is not told. */
  readonly group?: string
  /** As written: an SPDX expression, a name, a URL. */
  readonly license?: string
  /** Where in the file it lies, e.g. `BOOT-INF/lib/a.jar`. */
  readonly inner?: string
  /** Lower-case hex, of a file within the file. */
  readonly sha256?: string
}

/** A file in an archive that is a file. */
export interface InnerFile {
  /** In the outermost archive, each archive on the way set off by `!`: `lib/b.jar!bin/sh`. One character per byte. */
  readonly path: string
  readonly form: ContentFacts['form']
  /** An ELF that the kernel can start. */
  readonly executable: boolean
  readonly matches: readonly ContentMatch[]
}

/** Content that nobody can see without another tool, or without end. */
export interface UnseenContent {
  /** As of an inner file; empty for the outermost archive itself. */
  readonly path: string
  readonly reason: string
}

export interface ElfFacts {
  /** Whether the kernel can start it: ET_EXEC, a program interpreter, or a static position-independent executable. */
  readonly executable: boolean
  readonly interpreter?: string
  /** Packed by UPX: its content cannot be seen. */
  readonly packed: boolean
  /** Where the list of crates lies that cargo-auditable wrote. */
  readonly auditable?: ByteRange
}

export interface ByteRange {
  readonly offset: number
  readonly size: number
}

export type ArchiveForm = 'zip' | 'gzip' | 'zstd' | 'xz' | 'bzip2' | 'tar' | 'ar' | 'cpio' | 'squashfs' | '7z'

/** A signature that was found in content. */
export interface ContentMatch {
  /** Which one, e.g. `shell.bash` or `secret.private-key`. */
  readonly signature: string
  /** Byte offset in the file. */
  readonly offset: number
  /** At most 32 bytes around it, printable; never the secret itself. */
  readonly excerpt: string
}

/** Collects the facts of one file while its content passes. */
export interface ContentObserver extends ContentSink {
  readonly facts: () => ContentFacts
}
