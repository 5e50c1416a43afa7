import { archiveFormat, type ArchiveReference, type LayoutReference } from '@assay/registry'
import type { OptionGroup } from '../define-command.ts'
import { UsageError } from '../usage-error.ts'
import { valueFlag } from './flag.ts'
import { textOf } from './raw.ts'

/** `--dir` and `--archive`: where images are saved. */
export const savedPlaceOption: OptionGroup<LayoutReference | ArchiveReference> = {
  flags: () => [
    valueFlag('--dir <dir>', 'the directory: an OCI image layout'),
    valueFlag('--archive <file>', 'a tar file in place of the directory'),
  ],
  parse: (raw) => {
    const [path, file] = [textOf(raw, 'dir'), textOf(raw, 'archive')]
    const given = [path, file].filter((each) => each !== undefined && each !== '')
    if (given.length !== 1)
      throw new UsageError('USAGE', 'one place is needed', { expected: '--dir DIR or --archive FILE' })
    return file === undefined || file === ''
      ? { kind: 'layout', path: path ?? '', text: path ?? '' }
      : { kind: 'archive', format: 'oci', path: file, text: file }
  },
}

/** An archive may be one of Docker's, too: what is in it says so. */
export async function placeToLoad(
  place: LayoutReference | ArchiveReference,
): Promise<LayoutReference | ArchiveReference> {
  return place.kind === 'layout' ? place : { ...place, format: await archiveFormat(place.path) }
}
