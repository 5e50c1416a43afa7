import type { Component, ElfFacts } from '../../../image/content-facts.ts'
import { LIMITS } from '../../../image/limits.ts'
import { ElfSections } from './elf-sections.ts'
import { goMagic, goModules, startsBuildInfo } from './go-build-info.ts'
import type { ToldComponents } from './told-components.ts'
import { versionMarks, versionReach } from './version-marks.ts'

/** The name of the section with the list of crates, as it stands among the names of sections. */
const auditableName = '.dep-v0\0'

/** What a program is searched for: Go's build information, the name of a section, then what tells versions. */
export const programMarks: readonly string[] = [
  goMagic,
  auditableName,
  ...versionMarks.map((mark) => mark.needle),
]
const firstVersion = 2
const namesAtMost = 16

/** How far behind a mark is looked. */
export const programReach: number = versionReach

/** Collects what a program tells of the software in it while it passes. */
export class ProgramCapture {
  readonly #sections: ElfSections
  readonly #versions: Component[] = []
  readonly #names: number[] = []
  #buildInfo: Buffer[] = []
  #length = 0

  constructor(head: Buffer) {
    this.#sections = new ElfSections(head)
  }

  /** Takes the bytes of the file, each once. */
  write(chunk: Buffer): void {
    this.#sections.write(chunk)
  }

  /** Takes blocks that may overlap: `fresh` is where bytes begin that the last block did not hold. */
  block(block: Buffer, fresh: number): void {
    if (this.#length > 0) this.#keep(block.subarray(fresh))
  }

  /** One of the marks stands in a block, whose begin in the file is given. */
  marked(
    mark: number,
    block: Buffer,
    { at, offset }: { readonly at: number; readonly offset: number },
  ): void {
    if (mark >= firstVersion)
      this.#version(mark - firstVersion, block.toString('latin1', at, at + versionReach))
    else if (mark === 1) this.#name(offset + at)
    else if (this.#length === 0 && startsBuildInfo(block.subarray(at), offset + at))
      this.#keep(block.subarray(at))
  }

  told(): ToldComponents {
    if (this.#length === 0) return { components: this.#versions }
    const { components, ...rest } = goModules(Buffer.concat(this.#buildInfo))
    this.#buildInfo = []
    return { ...rest, components: [...components, ...this.#versions] }
  }

  /** Where the list of crates lies, which is read later: it stands before its own address is known. */
  auditable(): Pick<ElfFacts, 'auditable'> {
    const found = this.#sections.named(this.#names)
    return found === undefined ? {} : { auditable: found }
  }

  #name(place: number): void {
    if (this.#names.length < namesAtMost && !this.#names.includes(place)) this.#names.push(place)
  }

  #keep(bytes: Buffer): void {
    const part = Buffer.from(bytes.subarray(0, LIMITS.goBuildInfoBytes - this.#length))
    if (part.length === 0) return
    this.#buildInfo.push(part)
    this.#length += part.length
  }

  #version(mark: number, text: string): void {
    const { name, form } = versionMarks[mark] ?? {}
    const version = form?.exec(text)?.[1]
    if (name === undefined || version === undefined) return
    if (!this.#versions.some((known) => known.name === name && known.version === version))
      this.#versions.push({ ecosystem: 'generic', name, version })
  }
}
