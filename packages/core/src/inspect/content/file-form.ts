import type { ContentFacts } from '../../image/content-facts.ts'
import { archiveFormOf } from './archive-form.ts'
import { isElf, parseElf } from './elf-header.ts'

/** What a file is. */
export type FileForm = Pick<ContentFacts, 'form' | 'elf' | 'shebang' | 'shebangArgument' | 'archive'>

/** How much of a file decides what it is; longer ELF headers are not seen in whole. */
export const headBytes = 4096

export const plainForm: FileForm = { form: 'other' }

/** What a file is, by its first bytes. */
export function fileFormOf(head: Buffer): FileForm {
  if (isElf(head)) return { form: 'elf', elf: { ...parseElf(head), packed: head.includes('UPX!') } }
  if (isScript(head)) return { form: 'script', ...shebangOf(head) }
  const archive = archiveFormOf(head)
  return archive === undefined ? plainForm : { form: 'archive', archive }
}

function isScript(head: Buffer): boolean {
  return head[0] === 0x23 && head[1] === 0x21
}

/** The first word after `#!`, which is what the kernel starts, and what it hands over to it. */
function shebangOf(head: Buffer): Pick<ContentFacts, 'shebang' | 'shebangArgument'> {
  const [line = ''] = head.toString('latin1', 2, 258).split('\n')
  // As the kernel reads it: only spaces and tabs separate, and a NUL ends.
  const [, shebang = '', argument = ''] = /^[ \t]*([^ \t\0]*)[ \t]*([^\0]*)/.exec(line) ?? []
  const shebangArgument = argument.replace(/[ \t]+$/, '')
  return { shebang, ...(shebangArgument === '' ? {} : { shebangArgument }) }
}
