import { hasContent, type EntryType } from './entry-type.ts'
import { parsePax, type PaxRecords } from './pax.ts'
import type { TarBlock } from './tar-block.ts'

/** Why tar readers disagree about an entry, or about bytes between entries. */
export type Ambiguity =
  /** A GNU long name or link and a PAX one, and they differ; Go takes the GNU one, most readers the other. */
  | 'gnu-name-over-pax'
  /** GNU long names and PAX records for one entry; no writer does that. */
  | 'mixed-extensions'
  /** A GNU header with a ustar prefix; Go joins it to the name, most readers do not. */
  | 'gnu-prefix'
  /** Several extended headers before one entry; Go keeps the last, some readers merge them. */
  | 'repeated-extension'
  /** An extended header that belongs to no entry. */
  | 'dangling-extension'
  /** A global header that sets names, links or sizes; runtimes ignore it, some readers apply it. */
  | 'global-override'
  /** A global header with nothing but comments or attributes; runtimes ignore it. */
  | 'global-header'
  /** A link, directory or device that claims content; Go reads none, some readers skip that many bytes. */
  | 'size-without-content'
  /** The PAX size and the header's size differ although the header could hold it. */
  | 'pax-size-differs'
  /** A sparse file in PAX form; many readers list it under another name or size. */
  | 'sparse'
  /** A sparse file in the old GNU form; runtimes refuse to unpack it. */
  | 'old-gnu-sparse'
  /** A regular file whose name ends in a slash; some readers make it a directory. */
  | 'file-named-as-directory'
  /** A type flag that runtimes do not unpack. */
  | 'unknown-type'
  /** Bytes other than zero after the end-of-archive blocks; some readers go on and find more entries. */
  | 'bytes-after-end'

/** What extended headers said about the next entry. */
export interface Extensions {
  readonly pax: PaxRecords | undefined
  readonly paxCount: number
  readonly longName: string
  readonly longLink: string
}

export const noExtensions: Extensions = { pax: undefined, paxCount: 0, longName: '', longLink: '' }

interface Merged {
  readonly path: string
  readonly type: EntryType
  readonly size: number
}

/** What other readers would make something else of, in one entry. */
export function ambiguitiesOf(block: TarBlock, extensions: Extensions, merged: Merged): readonly Ambiguity[] {
  const found: Ambiguity[] = []
  if (block.gnuPrefix) found.push('gnu-prefix')
  if (block.typeFlag === 'S') found.push('old-gnu-sparse')
  if (merged.type === 'other') found.push('unknown-type')
  if (merged.size !== 0 && !hasContent(merged.type)) found.push('size-without-content')
  if (merged.type === 'file' && merged.path.endsWith('/')) found.push('file-named-as-directory')
  if (extensions.pax !== undefined) found.push(...paxAmbiguities(extensions.pax, extensions))
  if (extensions.pax !== undefined && sizeDiffers(extensions.pax, block, merged))
    found.push('pax-size-differs')
  return found.length === 0 ? none : found
}

/** What a global header does in readers that apply it. */
export function globalAmbiguity(content: Buffer): Ambiguity {
  const keys = [...parsePax(content).keys()]
  const overrides = keys.some((key) => overridingKeys.has(key) || key.startsWith('GNU.sparse.'))
  return overrides ? 'global-override' : 'global-header'
}

const none: readonly Ambiguity[] = []
const overridingKeys: ReadonlySet<string> = new Set(['path', 'linkpath', 'size'])
/** What the 11 octal digits of a header can say. */
const maxOctalSize = 0o77777777777

function* paxAmbiguities(
  pax: PaxRecords,
  { paxCount, longName, longLink }: Extensions,
): Generator<Ambiguity> {
  const differs = (long: string, key: string): boolean => {
    const value = pax.get(key) ?? ''
    return long !== '' && value !== '' && long !== value
  }
  if (differs(longName, 'path') || differs(longLink, 'linkpath')) yield 'gnu-name-over-pax'
  else if (longName !== '' || longLink !== '') yield 'mixed-extensions'
  if (paxCount > 1) yield 'repeated-extension'
}

function sizeDiffers(pax: PaxRecords, block: TarBlock, merged: Merged): boolean {
  const said = (pax.get('size') ?? '') !== ''
  return said && merged.size !== block.size && merged.size <= maxOctalSize
}
