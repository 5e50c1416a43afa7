import type { ElfFacts } from '../../image/content-facts.ts'
import { ElfReader } from './elf-reader.ts'

/** Reads what kind of ELF a file is from its first bytes; never reads outside them. */
export function parseElf(head: Buffer): ElfFacts {
  const reader = new ElfReader(head)
  const type = reader.u16(16)
  const segments = programHeaders(reader)
  const interpreterAt = segments.find((segment) => segment.type === 3)
  const interpreter = interpreterAt === undefined ? undefined : textOf(head, interpreterAt)
  // A static position-independent executable has neither; unlike a library it has an entry point and no SONAME, but
  // old libraries have an entry point too: whoever counts executables counts too many rather than too few.
  const startable = type === 2 || interpreterAt !== undefined || (type === 3 && reader.word(24) !== 0)
  return { executable: startable, packed: false, ...(interpreter === undefined ? {} : { interpreter }) }
}

/** Where the file ends that its headers describe: behind it, something was appended. */
export function elfEnd(head: Buffer): number {
  const reader = new ElfReader(head)
  const wide = reader.wide
  const sections = reader.word(wide ? 40 : 32)
  const end = sections + reader.u16(wide ? 58 : 46) * reader.u16(wide ? 60 : 48)
  return Math.max(end, ...programHeaders(reader).map(({ offset, size }) => offset + size))
}

/** Whether it has no section headers: linkers write them, packers leave them out. */
export function isSectionless(head: Buffer): boolean {
  const reader = new ElfReader(head)
  return reader.word(reader.wide ? 40 : 32) === 0 || reader.u16(reader.wide ? 60 : 48) === 0
}

export function isElf(head: Buffer): boolean {
  return head.length >= 4 && head.readUInt32BE(0) === 0x7f454c46
}

interface Segment {
  readonly type: number
  readonly offset: number
  readonly size: number
}

function programHeaders(reader: ElfReader): readonly Segment[] {
  const wide = reader.wide
  const table = reader.word(wide ? 32 : 28)
  const entrySize = reader.u16(wide ? 54 : 42)
  const count = Math.min(reader.u16(wide ? 56 : 44), 128)
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * entrySize
    return {
      type: reader.u32(at),
      offset: reader.word(at + (wide ? 8 : 4)),
      size: reader.word(at + (wide ? 32 : 16)),
    }
  })
}

function textOf(head: Buffer, { offset, size }: Segment): string {
  const bytes = head.subarray(offset, offset + Math.min(size, 256))
  const end = bytes.indexOf(0)
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end)
}
