import type { ArchiveForm } from '../../../image/content-facts.ts'
import type { ContentSink } from '../../../image/content-sink.ts'
import type { ArchivePlace } from './archive-place.ts'
import { ArReader } from './ar-reader.ts'
import { CpioReader } from './cpio-reader.ts'
import { inflated } from './inflated.ts'
import { InnerTar } from './inner-tar.ts'
import { ZipSearcher } from './zip-searcher.ts'

/** Reads the archive of this form that `name` is; undefined where only its existence can be told. */
export function openArchive(form: ArchiveForm, name: string, place: ArchivePlace): ContentSink | undefined {
  if (form === 'zip') return new ZipSearcher(place)
  if (form === 'tar') return new InnerTar(place)
  if (form === 'cpio') return new CpioReader(place)
  if (form === 'ar') return new ArReader(place)
  if (form === 'gzip' || form === 'zstd') return inflated(form, name, place)
  place.unseen(`its content cannot be inspected: ${form}`)
  return undefined
}
