import { predicateAliases } from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import { readNamedFile } from '../read-file.ts'
import { readStdin } from '../read-stdin.ts'
import type { Io } from '../io.ts'
import { UsageError } from '../usage-error.ts'
import { valueFlag } from './flag.ts'
import { textOf } from './raw.ts'

/** The largest predicate or statement that is signed, in bytes. */
const maxSize = 64 * 1024 * 1024

/** What an attestation says: a predicate of some type, or a whole statement. */
export type ClaimOption =
  | { readonly type: string; readonly predicate: Uint8Array }
  | { readonly bytes: Uint8Array }

/** `--predicate` with `--type`, or `--statement`. */
export const claimOptions: OptionGroup<ClaimOption> = {
  flags: () => [
    valueFlag('--predicate <file|->', 'the predicate: what is said; - reads stdin'),
    valueFlag(
      '--type <type>',
      `the predicate's type: a URI, or ${predicateAliases.join(', ')} (default: "custom")`,
    ),
    valueFlag('--statement <file|->', 'a whole in-toto statement instead, signed as it is; - reads stdin'),
  ],
  parse: async (raw, io) => {
    const [predicate, statement, type] = ['predicate', 'statement', 'type'].map((name) => textOf(raw, name))
    if ((predicate === undefined) === (statement === undefined))
      throw new UsageError('USAGE', 'give either --predicate or --statement')
    if (statement !== undefined) {
      if (type !== undefined)
        throw new UsageError('USAGE', '--type belongs to --predicate: a statement has its own')
      return { bytes: await contentOf(raw, 'statement', io) }
    }
    return { type: type ?? 'custom', predicate: await contentOf(raw, 'predicate', io) }
  },
}

async function contentOf(raw: RawOptions, name: 'predicate' | 'statement', io: Io): Promise<Uint8Array> {
  const path = textOf(raw, name) ?? ''
  return path === '-' ? readStdin(io, `--${name}`, maxSize) : readNamedFile(path, `--${name}`, maxSize)
}
