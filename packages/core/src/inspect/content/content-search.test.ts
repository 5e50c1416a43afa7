import { createHash } from 'node:crypto'
import { elfProgram, found, inspectEntries } from '@assay/test-support/inspect'
import { describe, expect, test } from 'vitest'

async function findingsFor(content: Uint8Array): Promise<readonly string[]> {
  return found(await inspectEntries([{ kind: 'file', path: 'opt/app', content }], { config: { User: '1' } }))
}

/** Bytes without any order, the same in every run. */
const noise = Buffer.concat(
  Array.from({ length: 1000 }, (_, at) => createHash('sha256').update(String(at)).digest()),
)

/** A program that says that it has a table of sections. */
function withSections(content: Uint8Array): Uint8Array {
  const program = Buffer.from(elfProgram(content))
  program.writeBigUInt64LE(64n, 40)
  program.writeUInt16LE(64, 58)
  program.writeUInt16LE(1, 60)
  return program
}

describe('a program whose content cannot be seen', () => {
  test('has no sections, and bytes without order', async () => {
    expect(await findingsFor(elfProgram(noise))).toEqual(['packed-program /opt/app'])
  })
  test('is not one that a linker made, whatever data it holds', async () => {
    expect(await findingsFor(withSections(noise))).toEqual([])
  })
  test('is not one whose sections were taken off', async () => {
    expect(await findingsFor(elfProgram(Buffer.alloc(32_000, 'mov eax, ebx; ret; push ebp; ')))).toEqual([])
  })
  test('is not judged by a few bytes', async () => {
    expect(await findingsFor(elfProgram(noise.subarray(0, 2000)))).toEqual([])
  })
})

describe('interpreters and package managers under another name', () => {
  test.each([
    ['a python that loads its library', 'Py_BytesMain\0', 'interpreter'],
    ['ruby', 'ruby_sysinit\0', 'interpreter'],
    ['java', 'JLI_Launch\0', 'interpreter'],
    ['php', 'X-Powered-By: PHP/8.2', 'interpreter'],
    ['lua', 'LUA_INIT', 'interpreter'],
    ['tclsh', 'Tcl_MainEx\0', 'interpreter'],
    ['gawk', 'AWKPATH', 'interpreter'],
    ['mawk', 'MAWK_LONG_OPTIONS', 'interpreter'],
    ['sqlite3', 'Enter ".help" for usage hints', 'interpreter'],
    ['apt', 'libapt-private.so.0.0', 'package-manager'],
    ['rpm', 'rpmcliInit\0', 'package-manager'],
    ['apk', 'This apk has coffee making abilities', 'package-manager'],
  ])('%s', async (_, text, rule) => {
    expect(await findingsFor(elfProgram(text))).toEqual([`${rule} /opt/app`])
  })
})
