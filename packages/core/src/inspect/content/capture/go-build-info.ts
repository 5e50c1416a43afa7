import type { Component } from '../../../image/content-facts.ts'
import { LIMITS } from '../../../image/limits.ts'
import { nothingTold, shortText, type ToldComponents } from './told-components.ts'

/** What the build information in a Go program begins with (cmd/link and debug/buildinfo). */
export const goMagic = '\u00ff Go buildinf:'

const headerBytes = 32
/** A bit of the byte behind the magic and the size of a pointer: the texts follow, as Go 1.18 and newer write them. */
const inlineTexts = 2

/** Whether build information that can be read begins here; the linker aligns it to 16 bytes. */
export function startsBuildInfo(bytes: Buffer, fileOffset: number): boolean {
  if (fileOffset % 16 !== 0 || bytes.length < headerBytes) return false
  return ((bytes[15] ?? 0) & inlineTexts) !== 0
}

/** The modules of a Go program, from the bytes that begin with the magic. */
export function goModules(bytes: Buffer): ToldComponents {
  const version = textAt(bytes, headerBytes)
  const modules = version === undefined ? undefined : textAt(bytes, version.end)
  if (version === undefined || modules === undefined)
    return { components: [], problem: 'its Go build information is cut or too long' }
  const [, release] = /^go(\d[0-9A-Za-z.]*)/.exec(version.text) ?? []
  const standard: readonly Component[] =
    release === undefined ? [] : [{ ecosystem: 'golang', name: 'stdlib', version: release }]
  const lines = unframed(modules.text)
  return lines === '' && standard.length === 0
    ? nothingTold
    : { components: [...modulesOf(lines), ...standard] }
}

/** A length as a varint, then that many bytes. */
function textAt(bytes: Buffer, start: number): { readonly text: string; readonly end: number } | undefined {
  let length = 0
  for (let at = start; at < start + 5 && at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    length += (byte & 0x7f) * 2 ** (7 * (at - start))
    if (byte >= 0x80) continue
    const end = at + 1 + length
    return end > bytes.length ? undefined : { text: bytes.toString('utf8', at + 1, end), end }
  }
  return undefined
}

/** Sixteen bytes stand before and behind the list, so that tools find it in memory. */
function unframed(text: string): string {
  const bytes = Buffer.from(text, 'utf8')
  const begin = text.search(/^(?:path|mod|dep|build)\t/m)
  if (begin < 0 || bytes.length < 33) return ''
  return text.slice(begin)
}

function modulesOf(lines: string): readonly Component[] {
  const modules: Component[] = []
  for (const line of lines.split('\n')) {
    const [kind, path, version] = line.split('\t')
    if (kind === '=>') modules.pop()
    if (kind !== 'mod' && kind !== 'dep' && kind !== '=>') continue
    const name = shortText(path)
    if (name === undefined || modules.length >= LIMITS.packagesOfDatabase) continue
    modules.push({ ecosystem: 'golang', name, version: versionOf(version) })
  }
  return modules
}

/** A module that was built from its own folder has no version. */
function versionOf(text: string | undefined): string {
  const version = shortText(text) ?? ''
  return version === '(devel)' ? '' : version
}
