import { readFile } from 'node:fs/promises'
import { runCli, type CliRun } from '@assay/test-support/cli'
import { elfProgram } from '@assay/test-support/inspect'
import { workspace } from '@assay/test-support/workspace'
import { describe, expect, test } from 'vitest'

const binary = Buffer.concat([elfProgram('\u0000\u00ff'), Buffer.from([0xff, 0xfe, 0, 0x1b])])
const layers = [
  {
    entries: [
      { kind: 'file', path: 'etc/a', content: 'one\n' },
      { kind: 'file', path: 'etc/b', content: 'b\n' },
      { kind: 'hardlink', path: 'etc/hard', target: 'etc/b' },
      { kind: 'file', path: 'key', content: 'secret\n' },
      { kind: 'file', path: 'usr/bin/app', content: binary, mode: 0o755 },
      { kind: 'symlink', path: 'bin', target: 'usr/bin' },
      { kind: 'symlink', path: 'out', target: '../../../../etc/a' },
      { kind: 'symlink', path: 'loop', target: 'loop' },
      { kind: 'device', path: 'null', major: 1, minor: 3 },
      { kind: 'fifo', path: 'pipe' },
    ],
  },
  {
    entries: [
      { kind: 'file', path: 'etc/a', content: 'two\n' },
      { kind: 'file', path: '.wh.key', content: '' },
      { kind: 'file', path: 'etc/b', content: 'other\n' },
    ],
  },
] as const

type Scene = AsyncDisposable & { readonly cat: (...args: readonly string[]) => Promise<CliRun> }

async function scene(): Promise<Scene> {
  const place = await workspace()
  const { reference } = await place.image('image', { layers })
  return {
    cat: async (path = '', ...flags) => await runCli(['cat', ...flags, reference, path]),
    [Symbol.asyncDispose]: async () => await place[Symbol.asyncDispose](),
  }
}

describe('assay cat', () => {
  test.each([
    ['what a container sees', ['/etc/a'], 'two\n'],
    ['a path without a slash', ['etc/a'], 'two\n'],
    ['an overwritten version', ['/etc/a', '--layer', '0'], 'one\n'],
    ['a deleted file', ['/key', '--layer', '0'], 'secret\n'],
    ['a link that climbs, which stays inside the image', ['/out'], 'two\n'],
    ['a path that climbs, which stays inside the image', ['../../etc/a'], 'two\n'],
    ['a hardlink, which keeps the content of its own layer', ['/etc/hard'], 'b\n'],
  ])('writes %s', async (_, args, content) => {
    await using at = await scene()
    expect(await at.cat(...args)).toEqual({ code: 0, stdout: content, stderr: '' })
  })

  test('writes binary content byte for byte, through a link to a directory', async () => {
    await using place = await workspace()
    const { reference } = await place.image('image', { layers })
    for (const flags of [[], ['--layer', '0']]) {
      // A pipe into a file of its own: what a test reads as text would hide changed bytes.
      const wrapper = ['sh', '-c', '"$0" "$@" | cat > out']
      await runCli(['cat', ...flags, reference, '/bin/app'], { wrapper, cwd: place.directory })
      expect(await readFile(place.path('out'))).toEqual(binary)
    }
  })

  test.each([
    ['a file that no layer has', ['/nowhere'], 1, 'NO_SUCH_FILE'],
    ['a deleted file', ['/key'], 1, 'NO_SUCH_FILE'],
    ['a file that another layer has', ['/key', '--layer', '1'], 1, 'NO_SUCH_FILE'],
    ['a layer that is not there', ['/etc/a', '--layer', '2'], 1, 'NO_SUCH_FILE'],
    ['a link in a circle', ['/loop'], 1, 'NO_SUCH_FILE'],
    ['a directory that an entry made by the way', ['/etc'], 1, 'NOT_A_FILE'],
    ['a device', ['/null'], 1, 'NOT_A_FILE'],
    ['a pipe', ['/pipe'], 1, 'NOT_A_FILE'],
    ['a link of one layer', ['/out', '--layer', '0'], 1, 'NOT_A_FILE'],
    ['a file that is too large', ['/etc/a', '--max-bytes', '3'], 3, 'LIMIT_EXCEEDED'],
    ['a layer that is no number', ['/etc/a', '--layer', 'x'], 2, 'USAGE'],
    ['a limit that is too large', ['/etc/a', '--max-bytes', '2000000001'], 2, 'USAGE'],
  ])('refuses %s', async (_, args, ...[exit, code]) => {
    await using at = await scene()
    const run = await at.cat(...args)
    expect({ code: run.code, stdout: run.stdout }).toEqual({ code: exit, stdout: '' })
    expect(run.stderr).toContain(`[${code}]`)
  })

  test('does not guess where a layer cannot be read, and takes a named layer from such an image', async () => {
    await using place = await workspace()
    const { reference } = await place.image('image', {
      layers: [{ entries: layers[0].entries }, { tar: Buffer.alloc(700, 'x') }],
    })
    const guess = await runCli(['cat', reference, '/etc/a'])
    expect(guess).toMatchObject({ code: 3, stdout: '' })
    expect(guess.stderr).toContain('[UNREAD_LAYER]')
    expect(await runCli(['cat', '--layer', '0', reference, '/etc/a'])).toMatchObject({
      code: 0,
      stdout: 'one\n',
    })
    expect(await runCli(['cat', '--layer', '1', reference, '/etc/a'])).toMatchObject({ code: 3, stdout: '' })
  })
})
