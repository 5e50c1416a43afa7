import { overlapBytes } from './window-scanner.ts'

/** One kind of word that every shell of the sh family holds, and how many different ones make it a shell. */
interface WordSet {
  readonly words: ReadonlySet<string>
  readonly atLeast: number
}

/**
 * Names of the sh family's language (inspection.md §2.3): variables, keywords, builtins, options. Three of the four
 * kinds within 64 KiB are the tables of a shell, so that one table with other words hides none; single ones are in many
 * programs.
 */
const sets: readonly WordSet[] = [
  {
    words: new Set('IFS PS1 PS2 PS3 PS4 OPTIND OPTARG CDPATH MAILPATH PPID HISTFILE ENV MAIL'.split(' ')),
    atLeast: 4,
  },
  { words: new Set('esac elif fi done then until case while'.split(' ')), atLeast: 5 },
  {
    words: new Set(
      'getopts unset export readonly trap umask ulimit hash eval unalias alias bg fg jobs shift times wait type command cd'.split(
        ' ',
      ),
    ),
    atLeast: 3,
  },
  {
    words: new Set('errexit noglob ignoreeof noexec xtrace noclobber allexport nounset'.split(' ')),
    atLeast: 5,
  },
]
const kindsAtLeast = 3

/**
 * Builtins, variables and options of every shell of the family (POSIX demands most of them): only where one of them stands
 * are the tables looked for, word by word.
 */
export const shellGateWords: readonly string[] = [
  'getopts\0',
  'readonly\0',
  'unalias\0',
  'MAILPATH',
  'HISTFILE',
  'noclobber\0',
]

interface Occurrence {
  readonly word: string
  readonly set: number
  readonly at: number
}

/** Where in a block the word tables of a shell begin, if they are there. */
export function shellTablesIn(block: Buffer): number | undefined {
  const found = occurrencesIn(block)
  const counts = sets.map(() => new Map<string, number>())
  let oldest = 0
  for (const occurrence of found) {
    for (; (found[oldest]?.at ?? 0) < occurrence.at - overlapBytes; oldest++) drop(counts, found[oldest])
    const words = counts[occurrence.set]
    words?.set(occurrence.word, (words.get(occurrence.word) ?? 0) + 1)
    const kinds = sets.filter((set, index) => (counts[index]?.size ?? 0) >= set.atLeast)
    if (kinds.length >= kindsAtLeast) return found[oldest]?.at
  }
  return undefined
}

function drop(counts: readonly Map<string, number>[], occurrence: Occurrence | undefined): void {
  if (occurrence === undefined) return
  const words = counts[occurrence.set]
  const left = (words?.get(occurrence.word) ?? 1) - 1
  if (left > 0) words?.set(occurrence.word, left)
  else words?.delete(occurrence.word)
}

const longestWord = 9

/** Words of the sets that end in a NUL, or, as variables do in some shells, in an equals sign. */
function occurrencesIn(block: Buffer): readonly Occurrence[] {
  const found: Occurrence[] = []
  let start = 0
  for (let at = 0; at < block.length; at++) {
    const byte = block[at] ?? 0
    if (isWordByte(byte)) continue
    const length = at - start
    if ((byte === 0 || byte === 0x3d) && length >= 2 && length <= longestWord) {
      const word = block.toString('latin1', start, at)
      const set = sets.findIndex((candidate) => candidate.words.has(word))
      if (set === 0 || (set > 0 && byte === 0)) found.push({ word, set, at: start })
    }
    start = at + 1
  }
  return found
}

function isWordByte(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x30 && byte <= 0x39)
}
