import { maxBundleSize } from '@assay/core'
import type { OptionGroup } from '../define-command.ts'
import { readNamedFile } from '../read-file.ts'
import { valueFlag } from './flag.ts'
import { textOf } from './raw.ts'

/** `--bundle FILE`: what is verified lies in a file instead of beside the image; undefined where it does not. */
export const detachedBundleOptions: OptionGroup<Uint8Array | undefined> = {
  flags: () => [
    valueFlag('--bundle <file>', 'a bundle in a file, instead of what is attached: Sigstore’s or cosign’s'),
  ],
  parse: async (raw) => {
    const file = textOf(raw, 'bundle')
    return file === undefined ? undefined : await readNamedFile(file, '--bundle', maxBundleSize)
  },
}
