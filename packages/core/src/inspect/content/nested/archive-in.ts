import type { ArchiveForm } from '../../../image/content-facts.ts'
import type { ContentSink } from '../../../image/content-sink.ts'
import { AppendedContent } from './appended-content.ts'
import type { NestedReport } from './archive-place.ts'
import { outermost } from './inner-file.ts'
import { openArchive } from './open-archive.ts'
import { ZipSearcher } from './zip-searcher.ts'

interface FileWithArchive {
  readonly name: string
  /** Undefined for programs and scripts, to which archives are appended. */
  readonly form: ArchiveForm | undefined
  /** Where a program ends. */
  readonly programBytes: number
}

/** Reads the archive that a file of a layer is, or that stands in it. */
export function archiveIn(report: NestedReport, file: FileWithArchive): ContentSink | undefined {
  const place = outermost(report)
  if (file.form !== undefined) return openArchive(file.form, file.name, place)
  // A script in front of a zip is a program that starts itself.
  return file.programBytes === 0 ? new ZipSearcher(place) : new AppendedContent(file.programBytes, place)
}
