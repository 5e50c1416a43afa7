import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { debianPackages } from '@assay/test-support/debian-packages'
import { inspectEntries, inspectLayers } from '@assay/test-support/inspect'
import { tarBytes } from '@assay/test-support/tar-bytes'
import { afterAll, describe, expect, test } from 'vitest'

/** Every shell, with the Debian package that it comes from. */
const zoo: readonly (readonly [string, string, string])[] = [
  ['dash', 'bin/dash', 'shell'],
  ['bash', 'bin/bash', 'shell'],
  ['bash-static', 'bin/bash-static', 'shell'],
  ['zsh', 'bin/zsh', 'shell'],
  ['zsh-static', 'bin/zsh-static', 'shell'],
  ['mksh', 'bin/mksh', 'shell'],
  ['mksh', 'bin/lksh', 'shell'],
  ['mksh', 'usr/lib/klibc/bin/mksh', 'shell'],
  ['mksh', 'usr/lib/diet/bin/mksh', 'shell'],
  ['ksh93u+m', 'bin/ksh93', 'shell'],
  ['yash', 'usr/bin/yash', 'shell'],
  ['tcsh', 'bin/tcsh', 'shell'],
  ['csh', 'bin/bsd-csh', 'shell'],
  ['sash', 'bin/sash', 'shell'],
  ['posh', 'usr/bin/posh', 'shell'],
  ['fish', 'usr/bin/fish', 'shell'],
  ['rc', 'usr/bin/rc.byron', 'shell'],
  ['elvish', 'usr/bin/elvish', 'shell'],
  ['busybox-static', 'bin/busybox', 'multi-call'],
  ['toybox', 'bin/toybox', 'multi-call'],
]

const debs = debianPackages([...new Set(zoo.map(([name]) => name))])
afterAll(() => debs[Symbol.dispose]())

describe.each(zoo)('%s: /%s', (name, path, rule) => {
  const folder = debs.folderOf(name)
  test.skipIf(folder === undefined)(
    'is found under another name, hard-linked, in an archive in an archive, deleted or not',
    async () => {
      const content = readFileSync(join(folder ?? '', path))
      const config = { config: { User: '1' } }
      const renamed = await inspectEntries([{ kind: 'file', path: 'opt/app', content, mode: 0o755 }], config)
      expect(renamed.verdict).toBe('no')
      expect(renamed.findings).toContainEqual(
        expect.objectContaining({
          rule,
          evidence: expect.objectContaining({ path: '/opt/app', layer: 0, state: 'present' }),
        }),
      )
      // Under two names of one file, and in an archive in an archive: all of them are told.
      const jar = gzipSync(await tarBytes([{ kind: 'file', path: 'lib/data', content }]))
      const hidden = await inspectEntries(
        [
          { kind: 'file', path: 'opt/app', content, mode: 0o755 },
          { kind: 'hardlink', path: 'srv/other', target: 'opt/app', mode: 0o755 },
          {
            kind: 'file',
            path: 'opt/data.bin',
            content: await tarBytes([{ kind: 'file', path: 'a', content: jar }]),
          },
        ],
        config,
      )
      const places = hidden.findings.filter((finding) => finding.rule === rule)
      expect(places.map(({ message }) => /^\S*/.exec(message)?.[0] ?? '').toSorted()).toEqual([
        '/opt/app',
        '/opt/data.bin!a!lib/data',
        '/srv/other',
      ])
      const deleted = await inspectLayers(
        [
          { entries: [{ kind: 'file', path: 'opt/app', content, mode: 0o644 }], compression: 'zstd' },
          { entries: [{ kind: 'file', path: 'opt/.wh..wh..opq', content: '' }] },
        ],
        config,
      )
      expect(deleted.verdict).toBe('effective')
    },
  )
})

const dash = debs.folderOf('dash')
test.skipIf(dash === undefined)(
  'dash with other keywords and another message is found all the same',
  async () => {
    const content = readFileSync(join(dash ?? '', 'bin/dash'))
      .toString('latin1')
      .replaceAll('job control turned off', 'jobs are not looked after')
      .replaceAll(/(?<=\0)(?:esac|elif|then|done|until|case|while)(?=\0)/g, (word) => word.replace(/^./, 'q'))
    const entry = {
      kind: 'file',
      path: 'opt/app',
      content: Buffer.from(content, 'latin1'),
      mode: 0o755,
    } as const
    const image = await inspectEntries([entry], { config: { User: '1' } })
    expect(image.findings).toContainEqual(
      expect.objectContaining({
        rule: 'shell',
        evidence: expect.objectContaining({ signature: 'shell.words' }),
      }),
    )
  },
)
