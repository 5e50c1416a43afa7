import { inspectEntries, inspectLayers } from '@assay/test-support/inspect'
import type { TarEntry } from '@assay/test-support/tar-bytes'
import { describe, expect, test } from 'vitest'
import type { ImageReport } from '../inspection-report.ts'

/** An ELF program for x86-64; with a loader it has the one program header that names it. */
function elf(loader?: string): Uint8Array {
  const name = Buffer.from(`${loader ?? ''}\0`)
  const bytes = Buffer.alloc(64 + 56 + name.length)
  bytes.write('\x7fELF', 'latin1')
  bytes.set([2, 1, 1], 4)
  bytes.writeUInt16LE(2, 16)
  bytes.writeUInt16LE(62, 18)
  bytes.writeBigUInt64LE(64n, 32)
  bytes.writeUInt16LE(56, 54)
  bytes.writeUInt16LE(loader === undefined ? 0 : 1, 56)
  bytes.writeUInt32LE(3, 64)
  bytes.writeBigUInt64LE(120n, 64 + 8)
  bytes.writeBigUInt64LE(BigInt(name.length), 64 + 32)
  name.copy(bytes, 120)
  return bytes
}

const program = (path: string, content: string | Uint8Array = elf(), mode = 0o755): TarEntry => ({
  kind: 'file',
  path,
  content,
  mode,
})
const link = (path: string, target: string): TarEntry => ({ kind: 'symlink', path, target })
const numeric = { User: '65532' }

const brokenRules = new Set(['missing-program', 'missing-loader', 'named-user'])

function broken(image: ImageReport): readonly string[] {
  return image.findings
    .filter(({ rule }) => brokenRules.has(rule))
    .map(({ rule, severity, message }) => `${severity} ${rule}: ${message}`)
}

type Row = readonly [name: string, entries: readonly TarEntry[], config: Readonly<Record<string, unknown>>]

const sound: readonly Row[] = [
  ['a path', [program('app')], { Entrypoint: ['/app'] }],
  ['a name in PATH', [program('opt/bin/app')], { Entrypoint: ['app'], Env: ['PATH=/usr/bin:/opt/bin'] }],
  ['a name in the runtime’s own PATH', [program('usr/local/bin/app')], { Cmd: ['app'] }],
  ['the last PATH that is set', [program('b/app')], { Cmd: ['app'], Env: ['PATH=/a', 'PATH=/b'] }],
  [
    'a path below the working directory',
    [program('srv/bin/app')],
    { Cmd: ['./bin/app'], WorkingDir: '/srv' },
  ],
  ['a path through merged /usr', [link('bin', 'usr/bin'), program('usr/bin/app')], { Cmd: ['/bin/app'] }],
  ['a chain of links', [link('app', '/a'), link('a', 'b'), program('b')], { Cmd: ['/app'] }],
  [
    'a hardlink',
    [program('a'), { kind: 'hardlink', path: 'app', target: 'a', mode: 0o755 }],
    { Cmd: ['/app'] },
  ],
  [
    'a script with its interpreter',
    [program('bin/run', '#!/opt/tool -x\n'), program('opt/tool')],
    { Cmd: ['/bin/run'] },
  ],
  [
    'a script whose interpreter env finds',
    [program('run', '#!/usr/bin/env tool\n'), program('usr/bin/env'), program('bin/tool')],
    { Cmd: ['/run'] },
  ],
  [
    'a script for which env splits its line',
    [program('run', '#!/usr/bin/env -S A=1 tool -x\n'), program('usr/bin/env'), program('bin/tool')],
    { Cmd: ['/run'] },
  ],
  [
    'options of env that we do not read',
    [program('run', '#!/usr/bin/env -S -u HOME tool\n'), program('usr/bin/env')],
    { Cmd: ['/run'] },
  ],
  ['a program with its loader', [program('app', elf('/lib/ld.so')), program('lib/ld.so')], { Cmd: ['/app'] }],
  ['nothing at all', [], {}],
  ['what the runtime mounts', [], { Cmd: ['/proc/self/exe'] }],
  ['what a volume holds', [], { Cmd: ['/data/app'], Volumes: { '/data': {} } }],
  ['a health check that is switched off', [program('a')], { Cmd: ['/a'], Healthcheck: { Test: ['NONE'] } }],
  [
    'a health check in the shell that the config names',
    [program('a')],
    { Cmd: ['/a'], Shell: ['/a', '-c'], Healthcheck: { Test: ['CMD-SHELL', 'exit 0'] } },
  ],
]

const unsound: readonly (readonly [...Row, finding: string])[] = [
  [
    'a path that is not there',
    [program('bin/app')],
    { Entrypoint: ['/app'] },
    'high missing-program: the entrypoint starts "/app", which is not in the image',
  ],
  [
    'a name that is in no directory of PATH',
    [program('opt/app')],
    { Cmd: ['app'], Env: ['PATH=/usr/bin'] },
    'high missing-program: the command starts "app", which is not in the image',
  ],
  [
    'a name in the working directory, which is not in PATH',
    [program('srv/app')],
    { Cmd: ['app'], WorkingDir: '/srv' },
    'high missing-program: the command starts "app", which is not in the image',
  ],
  [
    'the shell form without a shell',
    [program('app')],
    { Cmd: ['/bin/sh', '-c', '/app'] },
    'high missing-program: the command starts "/bin/sh", which is not in the image',
  ],
  [
    'a file without an executable bit',
    [program('app', elf(), 0o644)],
    { Cmd: ['/app'] },
    'high missing-program: the command starts "/app", which is not an executable file',
  ],
  [
    'a directory',
    [{ kind: 'directory', path: 'app' }],
    { Cmd: ['/app'] },
    'high missing-program: the command starts "/app", which is not an executable file',
  ],
  [
    'a link to nothing',
    [link('app', 'gone')],
    { Cmd: ['/app'] },
    'high missing-program: the command starts "/app", which is not in the image',
  ],
  [
    'a script without its interpreter',
    [program('run', '#!/bin/bash\n')],
    { Cmd: ['/run'] },
    'high missing-program: the command starts "/run", whose interpreter /bin/bash is not in the image',
  ],
  ...(
    [
      ['a script whose interpreter env does not find', 'node', 'node'],
      ['the same with a line that env splits', '-S node --no-warnings', 'node'],
      ['the same with the long option', '--split-string=A=1 node', 'node'],
      ['a line that env does not split, and takes for one name', 'tool -x', 'tool -x'],
    ] as const
  ).map(
    ([name, argument, command]) =>
      [
        name,
        [program('run', `#!/usr/bin/env ${argument}\n`), program('usr/bin/env'), program('bin/tool')],
        { Cmd: ['/run'] },
        `high missing-program: the command starts "/run", whose interpreter ${command}, which env looks for, is not in the image`,
      ] as const,
  ),
  [
    'a script whose interpreter is a script without its own',
    [program('run', '#!/outer\n'), program('outer', '#!/inner\n')],
    { Cmd: ['/run'] },
    'high missing-program: the command starts "/run", whose interpreter /inner is not in the image',
  ],
  [
    'an interpreter that only PATH would find',
    [program('run', '#!tool\n'), program('usr/bin/tool')],
    { Cmd: ['/run'] },
    'high missing-program: the command starts "/run", whose interpreter ./tool is not in the image',
  ],
  [
    'a health check on a command line, without a shell',
    [program('app')],
    { Cmd: ['/app'], Healthcheck: { Test: ['CMD-SHELL', 'curl localhost'] } },
    'medium missing-program: the health check starts "/bin/sh", which is not in the image',
  ],
  [
    'a health check with a program that is not there',
    [program('app')],
    { Cmd: ['/app'], Healthcheck: { Test: ['CMD', 'curl', 'localhost'] } },
    'medium missing-program: the health check starts "curl", which is not in the image',
  ],
]

describe('what the config starts', () => {
  test.each(sound)('%s is no finding', async (_, entries, config) => {
    expect(broken(await inspectEntries(entries, { config: { ...numeric, ...config } }))).toEqual([])
  })

  test.each(unsound)('%s is a finding', async (...[, entries, config, finding]) => {
    expect(broken(await inspectEntries(entries, { config: { ...numeric, ...config } }))).toEqual([finding])
  })

  test('a program without its loader is a finding, twice where the config starts it', async () => {
    const entries = [program('app', elf('/lib64/ld-linux-x86-64.so.2'))]
    const loader = '/lib64/ld-linux-x86-64.so.2'
    expect(broken(await inspectEntries(entries, { config: { ...numeric, Cmd: ['/app'] } }))).toEqual([
      `high missing-program: the command starts "/app", whose loader ${loader} is not in the image`,
      `low missing-loader: /app asks for the loader ${loader}, which is not there`,
    ])
  })

  test('a program that a later layer deleted is not there', async () => {
    const image = await inspectLayers(
      [{ entries: [program('app')] }, { entries: [{ kind: 'file', path: '.wh.app', content: '' }] }],
      { config: { ...numeric, Cmd: ['/app'] } },
    )
    expect(broken(image)).toHaveLength(1)
  })

  test('nothing is said of what may lie in a layer that was not read', async () => {
    const image = await inspectLayers([{ entries: [] }, { tar: Buffer.alloc(700, 'x') }], {
      config: { User: 'app:team', Cmd: ['/app'] },
    })
    expect(image.verdict).toBe('undecidable')
    expect(broken(image).filter((text) => !text.includes('runAsNonRoot'))).toEqual([])
  })

  test('a broken image is no less distroless', async () => {
    expect((await inspectEntries([], { config: { ...numeric, Cmd: ['/app'] } })).verdict).toBe('strict')
  })
})

const accounts = [
  { kind: 'file', path: 'etc/passwd', content: 'root:x:0:0::/:\napp:x:1001:1001::/:\n7:x:0:0::/:\n' },
  { kind: 'file', path: 'etc/group', content: 'root:x:0:\nteam:x:7:\n' },
] as const

const rules = async (User: string): Promise<readonly string[]> =>
  broken(await inspectEntries(accounts, { config: { User } }))

describe('runAsNonRoot', () => {
  test.each([
    ['65532', true, 'the user id 65532 is not root'],
    ['1001:0', true, 'the user id 1001 is not root'],
    ['', false, 'no user is set, which is root'],
    ['0', false, 'the user id 0 is root'],
    ['000:5', false, 'the user id 000 is root'],
    ['root', false, 'the user "root" is a name, and only a number is seen not to be root'],
    [
      'app',
      false,
      'the user "app" is a name, and only a number is seen not to be root; USER 1001 would be accepted',
    ],
    ['4294967296', false, 'the user id 4294967296 is out of range'],
    ['-1', false, 'the user id -1 is out of range'],
    ['7', false, '/etc/passwd has an account named 7 with user id 0'],
  ])('of User %j is %s', async (User, allowed, why) => {
    const { config } = await inspectEntries(accounts, { config: { User } })
    expect(config.runAsNonRoot).toEqual({ allowed, why })
  })

  test('a group that is not there is a finding, one that is there and a number are none', async () => {
    expect(await rules('1001:nobodies')).toEqual([
      'medium named-user: the group "nobodies" is not in /etc/group',
    ])
    expect(await rules('1001:team')).toEqual([])
    expect(await rules('1001:99')).toEqual([])
    expect((await rules('app')).map((text) => text.slice(0, 40))).toEqual([
      'low named-user: Kubernetes refuses it wi',
    ])
  })
})
