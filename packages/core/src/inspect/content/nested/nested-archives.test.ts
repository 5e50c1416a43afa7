import { deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { elfProgram, found, inspectEntries } from '@assay/test-support/inspect'
import { tarBytes, type TarEntry } from '@assay/test-support/tar-bytes'
import { describe, expect, test } from 'vitest'

/** A program with what only bash holds, too long to be in any first bytes. */
const shell = elfProgram(Buffer.concat([Buffer.alloc(9000, 0x41), Buffer.from('GNU bash, version %s\0')]))

interface Member {
  readonly name: string
  readonly content: Uint8Array
  readonly method?: number
  readonly flags?: number
  /** Sizes stand behind the content only. */
  readonly streamed?: boolean
}

/** Local headers and contents, without the directory: what is in a zip is found without it. */
function zip(members: readonly Member[]): Buffer {
  const parts = members.flatMap(({ name, content, method = 8, flags = 0, streamed = false }) => {
    const stored = method === 8 ? deflateRawSync(content) : Buffer.from(content)
    const header = Buffer.alloc(30)
    header.write('PK\x03\x04', 'latin1')
    header.writeUInt16LE(20, 4)
    header.writeUInt16LE(flags | (streamed ? 8 : 0), 6)
    header.writeUInt16LE(method, 8)
    if (!streamed) header.writeUInt32LE(stored.length, 18)
    header.writeUInt16LE(name.length, 26)
    return [header, Buffer.from(name, 'latin1'), stored]
  })
  return Buffer.concat([...parts, Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)])
}

async function tar(files: Readonly<Record<string, Uint8Array>>): Promise<Uint8Array> {
  return await tarBytes(
    Object.entries(files).map(([path, content]): TarEntry => ({ kind: 'file', path, content })),
  )
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
}

function cpioEntry(path: string, bytes: Uint8Array): Buffer {
  const fields = [0, 0o100755, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, path.length + 1, 0]
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${path}\0`
  return Buffer.concat([padded(Buffer.from(header, 'latin1')), padded(Buffer.from(bytes))])
}

function cpio(name: string, content: Uint8Array): Buffer {
  return Buffer.concat([cpioEntry(name, content), cpioEntry('TRAILER!!!', Buffer.alloc(0))])
}

/** An ELF that says where it ends, with something behind its end. */
function withAppended(appended: Uint8Array): Buffer {
  const program = Buffer.from(elfProgram(Buffer.alloc(200, 0x90)))
  // One section header of 64 bytes, the last in the file.
  program.writeBigUInt64LE(BigInt(program.length - 64), 40)
  program.writeUInt16LE(64, 58)
  program.writeUInt16LE(1, 60)
  return Buffer.concat([program, appended])
}

interface ArMember {
  readonly name: string
  readonly content: Uint8Array
}

function ar(...members: readonly ArMember[]): Buffer {
  const parts = members.flatMap(({ name, content }) => {
    const fields = [name.padEnd(16), '0'.padEnd(12), '0'.padEnd(6), '0'.padEnd(6), '100644'.padEnd(8)]
    const header = `${fields.join('')}${String(content.length).padEnd(10)}\`\n`
    return [Buffer.from(header, 'latin1'), content, Buffer.alloc(content.length % 2, '\n')]
  })
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts])
}

const control = { name: 'debian-binary', content: Buffer.from('2.0') }

async function findingsFor(content: Uint8Array, path = 'opt/app'): Promise<readonly string[]> {
  const image = await inspectEntries([{ kind: 'file', path, content }], { config: { User: '1' } })
  return found(image)
}

const jar = zip([
  { name: 'a.txt', content: Buffer.from('text') },
  { name: 'b/tool', content: shell },
])

describe('a shell in an archive is found, and where', () => {
  const cases: readonly (readonly [string, () => Promise<Uint8Array> | Uint8Array, string])[] = [
    ['zip, deflated', () => jar, 'b/tool'],
    ['zip, stored', () => zip([{ name: 'tool', content: shell, method: 0 }]), 'tool'],
    ['zip, its size behind it', () => zip([{ name: 'x', content: shell, streamed: true }]), 'x'],
    [
      'zip, stored, its size behind it',
      () => zip([{ name: 'x', content: shell, method: 0, streamed: true }]),
      'x',
    ],
    ['jar in a war, stored', () => zip([{ name: 'lib/a.jar', content: jar, method: 0 }]), 'lib/a.jar!b/tool'],
    ['jar in a war, deflated', () => zip([{ name: 'lib/a.jar', content: jar }]), 'lib/a.jar!b/tool'],
    [
      'zip, hidden in what another file stores',
      () => zip([{ name: 'f', content: Buffer.concat([Buffer.from('text'), jar]), method: 0 }]),
      'b/tool',
    ],
    ['tar', async () => await tar({ './bin/tool': shell }), 'bin/tool'],
    ['tar.gz', async () => gzipSync(await tar({ 'bin/tool': shell })), 'bin/tool'],
    [
      'tar.gz of two members',
      async () => {
        const bytes = await tar({ 'bin/tool': shell })
        return Buffer.concat([gzipSync(bytes.subarray(0, 700)), gzipSync(bytes.subarray(700))])
      },
      'bin/tool',
    ],
    ['tar.zst', async () => zstdCompressSync(await tar({ 'bin/tool': shell })), 'bin/tool'],
    [
      'tar.zst of two frames',
      async () => {
        const bytes = await tar({ 'bin/tool': shell })
        return Buffer.concat([
          zstdCompressSync(bytes.subarray(0, 700)),
          zstdCompressSync(bytes.subarray(700)),
        ])
      },
      'bin/tool',
    ],
    [
      'the data of a Debian package',
      async () => ar(control, { name: 'data.tar.gz/', content: gzipSync(await tar({ 'bin/t': shell })) }),
      'data.tar.gz!bin/t',
    ],
    ['a file in an ar archive', () => ar(control, { name: 'tool', content: shell }), 'tool'],
    ['gzip of the program alone', () => gzipSync(shell), 'app'],
    ['cpio', () => cpio('bin/tool', shell), 'bin/tool'],
    ['cpio.gz', () => gzipSync(cpio('bin/tool', shell)), 'bin/tool'],
    [
      'three archives deep',
      async () => zip([{ name: 'a.tgz', content: gzipSync(await tar({ 'b.jar': jar })) }]),
      'a.tgz!b.jar!b/tool',
    ],
    ['a zip behind a program', () => withAppended(jar), 'b/tool'],
    [
      'a zip behind a program and a gap',
      () => withAppended(Buffer.concat([Buffer.alloc(777), jar])),
      'b/tool',
    ],
    ['a tar.gz behind a program', async () => withAppended(gzipSync(await tar({ t: shell }))), 't'],
    ['a zip behind a script', () => Buffer.concat([Buffer.from('#!/bin/true\n'), jar]), 'b/tool'],
  ]
  test.each(cases)('%s', async (_, build, inner) => {
    expect(await findingsFor(await build())).toContain(`shell /opt/app!${inner}`)
  })
})

test('a program of a known name in an archive is found by it', async () => {
  const content = await tar({
    'bin/curl': elfProgram(),
    'share/curl': Buffer.from('text'),
    'bin/app': elfProgram(),
  })
  expect(await findingsFor(content, 'opt/a.tar')).toEqual(['network-tool /opt/a.tar!bin/curl'])
})

test("object files in a library are nobody's programs, whatever they hold", async () => {
  const object = Buffer.from(shell)
  object.writeUInt16LE(1, 16)
  expect(await findingsFor(ar(control, { name: 'main.o/', content: object }))).toEqual([])
})

test('a secret in an archive is found', async () => {
  const key = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'.repeat(3)}\n`
  expect(await findingsFor(gzipSync(await tar({ 'etc/k': Buffer.from(key) })))).toEqual([
    'secret /opt/app!etc/k',
  ])
})

test('ordinary archives are no findings', async () => {
  const javaClass = Buffer.from('cafebabe00000041', 'hex')
  const contents = [
    zip([
      { name: 'A.class', content: javaClass },
      { name: 'META-INF/', content: Buffer.alloc(0), method: 0 },
    ]),
    gzipSync('a manual page'),
    await tar({ 'lib/x.so': elfProgram() }),
    withAppended(Buffer.alloc(100)),
  ]
  for (const content of contents) expect(await findingsFor(content)).toEqual([])
})

describe('what cannot be looked at is told', () => {
  let deep = jar
  for (let level = 0; level < 4; level++) deep = zip([{ name: 'x.zip', content: deep }])
  const cases: readonly (readonly [string, Uint8Array, string, string])[] = [
    ['an encrypted file in a zip', zip([{ name: 'x', content: shell, flags: 1 }]), 'high', 'encrypted'],
    ['another compression in a zip', zip([{ name: 'x', content: shell, method: 14 }]), 'high', 'method 14'],
    ['too many archives in archives', deep, 'high', 'archives deep'],
    ['xz', Buffer.from('fd377a585a000004', 'hex'), 'high', 'xz'],
    [
      'squashfs behind a program: an AppImage',
      withAppended(Buffer.from(`hsqs${'x'.repeat(300)}`)),
      'high',
      'squashfs',
    ],
    ['a gzip that grows too much', gzipSync(Buffer.alloc(80 * 1024 * 1024)), 'high', 'grows too much'],
    [
      'a file in a zip that grows too much',
      zip([{ name: 'x', content: Buffer.alloc(80 * 1024 * 1024) }]),
      'high',
      'grows',
    ],
    ['an ar archive that is cut short', ar(control).subarray(0, 69), 'high', 'cut short'],
    ['an ar archive cut in a header', ar(control, control).subarray(0, 90), 'high', 'cut short'],
    [
      'an ar archive with headers that end otherwise',
      Buffer.from(ar(control).toString().replace('`', '"')),
      'high',
      'not an ar',
    ],
    ['an ar archive with other headers', Buffer.from(`!<arch>\n${'x'.repeat(70)}`), 'high', 'not an ar'],
    [
      'a Debian package in xz',
      ar(control, { name: 'data.tar.xz', content: Buffer.from('fd377a585a000004', 'hex') }),
      'high',
      'data.tar.xz: its content cannot be inspected: xz',
    ],
    ['a gzip that is cut short', gzipSync(shell).subarray(0, 60), 'high', 'TRUNCATED'],
    ['a zstd that is cut short', zstdCompressSync(shell).subarray(0, 30), 'high', 'TRUNCATED'],
  ]
  test.each(cases)('%s', async (_, content, ...[severity, reason]) => {
    const image = await inspectEntries([{ kind: 'file', path: 'opt/app', content }], {
      config: { User: '1' },
    })
    const finding = expect.objectContaining({
      rule: 'unseen-content',
      severity,
      message: expect.stringContaining(reason),
    })
    expect(image.findings).toContainEqual(finding)
    expect(image.verdict).toBe('no')
  })
})
