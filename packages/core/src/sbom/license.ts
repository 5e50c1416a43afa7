/** A license as somebody wrote it: an expression of SPDX identifiers, or a text that is none. */
export type License =
  | { readonly kind: 'id'; readonly text: string }
  | { readonly kind: 'expression'; readonly text: string }
  | { readonly kind: 'name'; readonly text: string }

/** Reads a license. Identifiers that are not known make it a name: nothing is guessed. */
export function parseLicense(text: string): License {
  if (ids.has(text)) return { kind: 'id', text }
  const words = text.replaceAll(/[()]/g, ' $& ').trim().split(/\s+/)
  const bracket = words.reduce(
    (depth, word) => (depth < 0 ? depth : depth + (word === '(' ? 1 : word === ')' ? -1 : 0)),
    0,
  )
  const bare = words.filter((word) => word !== '(' && word !== ')')
  const sound =
    bracket === 0 &&
    bare.length % 2 === 1 &&
    bare.every((word, index) => isWord(word, bare[index - 1], index))
  return sound ? { kind: 'expression', text } : { kind: 'name', text }
}

function isWord(word: string, before: string | undefined, index: number): boolean {
  if (index % 2 === 1) return word === 'AND' || word === 'OR' || word === 'WITH'
  return before === 'WITH' ? exceptions.has(word) : ids.has(word.replace(/\+$/, ''))
}

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** The identifiers of the SPDX License List that software in images has. */
const ids = words(`
  0BSD AFL-2.1 AFL-3.0 AGPL-3.0-only AGPL-3.0-or-later Apache-1.1 Apache-2.0 Artistic-1.0 Artistic-1.0-Perl
  Artistic-2.0 BlueOak-1.0.0 BSD-1-Clause BSD-2-Clause BSD-3-Clause BSD-4-Clause BSD-4-Clause-UC BSL-1.0 CC-BY-3.0
  CC-BY-4.0 CC-BY-SA-4.0 CC0-1.0 CDDL-1.0 CDDL-1.1 CPL-1.0 EPL-1.0 EPL-2.0 EUPL-1.2 FSFAP FTL GFDL-1.3-or-later
  GPL-1.0-or-later GPL-2.0-only GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later HPND ICU IJG ISC LGPL-2.0-only
  LGPL-2.0-or-later LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later Libpng MIT MIT-0 MPL-1.1 MPL-2.0
  MS-PL NCSA OFL-1.1 OLDAP-2.8 OpenSSL PHP-3.01 PostgreSQL PSF-2.0 Python-2.0 Ruby Sleepycat TCL Unicode-3.0
  Unicode-DFS-2016 Unlicense UPL-1.0 Vim W3C WTFPL X11 Zlib ZPL-2.1 bzip2-1.0.6 curl zlib-acknowledgement`)

const exceptions = words(`
  Autoconf-exception-3.0 Bison-exception-2.2 Classpath-exception-2.0 GCC-exception-2.0 GCC-exception-3.1
  LLVM-exception Linux-syscall-note u-boot-exception-2.0`)
