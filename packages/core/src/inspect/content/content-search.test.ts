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
    ['R', 'Rf_initialize_R\0', 'interpreter'],
    ['erl', 'Usage: erl [-version]', 'interpreter'],
    ['the machine of Erlang', 'erts_writing_erl_crash_dump', 'interpreter'],
    ['mono', 'Usage is: mono [options] program', 'interpreter'],
    ['apt', 'libapt-private.so.0.0', 'package-manager'],
    ['rpm', 'rpmcliInit\0', 'package-manager'],
    ['apk', 'This apk has coffee making abilities', 'package-manager'],
  ])('%s', async (_, text, rule) => {
    expect(await findingsFor(elfProgram(text))).toEqual([`${rule} /opt/app`])
  })
})

describe('package managers that an interpreter runs', () => {
  test.each([
    ['pip', '#!/opt/python\nimport sys\nfrom pip._internal.cli.main import main\n'],
    ['pip as a module', 'import os\n    from pip._internal.cli.main import main as _main\n'],
    ['npm', "module.exports = async (process) => {\n  process.title = 'npm'\n"],
    ['corepack', "#!/usr/bin/env node\nrequire('./lib/corepack.cjs').runMain(['yarn'])"],
  ])('%s, under another name', async (_, text) => {
    expect(await findingsFor(Buffer.from(text))).toContain('package-manager /opt/app')
  })
  test.each([
    ['opt/node_modules/npm/package.json', '{"name":"npm","version":"11.0.0"}'],
    ['opt/node_modules/x/package.json', '{"name":"yarn","version":"1.22.22"}'],
    ['opt/python/pip-24.0.dist-info/METADATA', 'Name: pip\nVersion: 24.0\n\n'],
    ['opt/python/UV-1.dist-info/METADATA', 'Name: UV\nVersion: 1\n\n'],
  ])('an installed package of one: %s', async (path, content) => {
    const image = await inspectEntries([{ kind: 'file', path, content }], { config: { User: '1' } })
    expect(found(image)).toEqual([`package-manager /${path}`])
    expect(image.verdict).toBe('no')
  })
  test('other packages are none', async () => {
    const entry = {
      kind: 'file',
      path: 'opt/node_modules/npm-run-path/package.json',
      content: '{"name":"npm-run-path","version":"1.0.0"}',
    } as const
    expect(found(await inspectEntries([entry], { config: { User: '1' } }))).toEqual([])
  })
})

describe('the tables of a shell, of which one has other words', () => {
  const tables = {
    variables: 'IFS= PS1= PS2= OPTIND=',
    keywords: 'esac elif then done until',
    builtins: 'getopts readonly unset',
    options: 'errexit noglob noexec xtrace noclobber',
  } as const
  const held = (names: readonly (keyof typeof tables)[]): Uint8Array =>
    elfProgram(`\0${names.map((name) => tables[name].replaceAll(' ', '\0')).join('\0')}\0`)
  test.each([
    ['variables', 'keywords', 'builtins'],
    ['variables', 'builtins', 'options'],
    ['variables', 'keywords', 'options'],
    ['keywords', 'builtins', 'options'],
  ] as const)('%s, %s and %s are enough', async (...names) => {
    expect(await findingsFor(held(names))).toEqual(['shell /opt/app'])
  })
  test.each([
    ['variables', 'options'],
    ['keywords', 'builtins'],
    ['builtins', 'options'],
  ] as const)('%s and %s alone are none', async (...names) => {
    expect(await findingsFor(held(names))).toEqual([])
  })
})
