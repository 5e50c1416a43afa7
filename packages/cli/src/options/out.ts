import type { OptionGroup } from '../define-command.ts'
import type { Io } from '../io.ts'
import { writeNamedFile } from '../write-file.ts'
import { valueFlag } from './flag.ts'
import { textOf } from './raw.ts'

/** Where a document goes. */
export interface Out {
  write(document: Uint8Array): Promise<void>
}

/** `--out FILE`; without it stdout. */
export const outOption: OptionGroup<Out> = {
  flags: () => [valueFlag('--out <file>', 'write the document to this file instead of stdout')],
  parse: (raw, io: Io) => {
    const path = textOf(raw, 'out')
    return {
      write: (document) =>
        path === undefined ? io.writeOut(Buffer.from(document).toString()) : writeNamedFile(path, document),
    }
  },
}
