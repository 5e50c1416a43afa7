import { createHash } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import { inspectLayers } from '@assay/test-support/inspect'
import { tarBytes, type TarEntry } from '@assay/test-support/tar-bytes'
import { describe, expect, test } from 'vitest'

const sha256 = (bytes: Uint8Array | string): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`

const large = Buffer.alloc(10_000, 'large ')
const small = Buffer.from('small')
const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex')

const tarEntries: readonly TarEntry[] = [
  { kind: 'directory', path: 'opt', mode: 0o755 },
  {
    kind: 'file',
    path: 'opt/small',
    content: small,
    mode: 0o755,
    xattrs: { 'security.capability': capability },
  },
  { kind: 'file', path: 'opt/large', content: large, mode: 0o644, uid: 7 },
  { kind: 'file', path: 'opt/empty', content: '', mode: 0o600 },
  { kind: 'symlink', path: 'opt/link', target: 'small', mode: 0o777 },
  { kind: 'hardlink', path: 'opt/hard', target: 'opt/small', mode: 0o755 },
  { kind: 'device', path: 'opt/null', major: 1, minor: 3, mode: 0o666 },
]

type Entry = Readonly<Record<string, unknown>>

const chunk = (from: number, to: number): Entry => ({
  chunkOffset: from,
  chunkSize: to - from,
  chunkDigest: sha256(large.subarray(from, to)),
})

/** What both forms write of the entries above. */
const described: readonly Entry[] = [
  { name: 'opt/', type: 'dir', mode: 0o755 },
  {
    name: 'opt/small',
    type: 'reg',
    size: small.length,
    mode: 0o755,
    digest: sha256(small),
    chunkDigest: sha256(small),
    xattrs: { 'security.capability': capability.toString('base64') },
  },
  {
    name: 'opt/large',
    type: 'reg',
    size: large.length,
    mode: 0o644,
    uid: 7,
    digest: sha256(large),
    ...chunk(0, 4096),
  },
  { name: 'opt/large', type: 'chunk', ...chunk(4096, 8192) },
  { name: 'opt/large', type: 'chunk', ...chunk(8192, 10_000) },
  { name: 'opt/empty', type: 'reg', mode: 0o600 },
  { name: 'opt/link', type: 'symlink', linkName: 'small', mode: 0o777 },
  { name: 'opt/hard', type: 'hardlink', linkName: 'opt/small', mode: 0o755 },
  { name: 'opt/null', type: 'char', devMajor: 1, devMinor: 3, mode: 0o666 },
]

interface Told {
  readonly severities: readonly string[]
  readonly messages: readonly string[]
}

const position = 'io.github.containers.zstd-chunked.manifest-position'
const checksum = 'io.github.containers.zstd-chunked.manifest-checksum'
const stargz = 'containerd.io/snapshot/stargz/toc.digest'

async function told(layer: Parameters<typeof inspectLayers>[0][number]): Promise<Told> {
  const { findings } = await inspectLayers([layer], { config: { User: '1' } })
  const ours = findings.filter(({ rule }) => rule === 'table-of-contents')
  return {
    severities: ours.map(({ severity }) => severity),
    messages: ours.map(({ message }) => message.replace(/^the .* table of contents: /, '')),
  }
}

async function eStargz(toc: unknown, annotations?: Readonly<Record<string, string>>): Promise<Told> {
  const json = JSON.stringify(toc)
  return await told({
    entries: [...tarEntries, { kind: 'file', path: 'stargz.index.json', content: json }],
    annotations: annotations ?? { [stargz]: sha256(json) },
  })
}

/** The tar in one frame, the table in a skippable one behind it. */
async function chunked(toc: unknown, changed: Readonly<Record<string, string>> = {}): Promise<Told> {
  const tar = await tarBytes(tarEntries)
  const frame = zstdCompressSync(tar)
  const table = zstdCompressSync(JSON.stringify(toc))
  const header = Buffer.alloc(8)
  header.writeUInt32LE(0x184d2a50)
  header.writeUInt32LE(table.length, 4)
  const place = `${frame.length + 8}:${table.length}:${JSON.stringify(toc).length}:1`
  return await told({
    tar,
    blob: Buffer.concat([frame, header, table]),
    compression: 'zstd',
    annotations: { [position]: place, [checksum]: sha256(table), ...changed },
  })
}

const forms = [
  ['eStargz', eStargz],
  ['zstd:chunked', chunked],
] as const

describe.each(forms)('%s', (_, inspected) => {
  test('a table that says what the tar says is no finding', async () => {
    expect(await inspected({ version: 1, entries: described })).toEqual({ severities: [], messages: [] })
  })

  const changes: readonly (readonly [string, number, Entry, string])[] = [
    ['type', 5, { type: 'dir' }, 'it says otherwise of /opt/empty: type'],
    ['size', 1, { size: 6 }, 'it says otherwise of /opt/small: size'],
    ['mode', 5, { mode: 0o4600 }, 'it says otherwise of /opt/empty: mode'],
    ['user', 2, { uid: 0 }, 'it says otherwise of /opt/large: owner'],
    ['group', 1, { gid: 5 }, 'it says otherwise of /opt/small: owner'],
    ['target of a symlink', 6, { linkName: '/bin/sh' }, 'it says otherwise of /opt/link: target'],
    ['target of a hardlink', 7, { linkName: 'opt/large' }, 'it says otherwise of /opt/hard: target'],
    ['device', 8, { devMinor: 0, devMajor: 0 }, 'it says otherwise of /opt/null: device'],
    [
      'attribute changed',
      1,
      { xattrs: { 'security.capability': 'AAAA' } },
      'it says otherwise of /opt/small: attributes',
    ],
    ['attribute left out', 1, { xattrs: {} }, 'it says otherwise of /opt/small: attributes'],
    [
      'attribute added',
      0,
      { xattrs: { 'trusted.overlay.opaque': 'eQ==' } },
      'it says otherwise of /opt: attributes',
    ],
    ['digest of a file', 2, { digest: sha256('other') }, 'it says otherwise of /opt/large: content'],
    [
      'digest of the only chunk',
      1,
      { chunkDigest: sha256('other') },
      'it says otherwise of /opt/small: content',
    ],
    [
      'digest of a first chunk',
      2,
      { chunkDigest: sha256('other') },
      'it says otherwise of /opt/large: content',
    ],
    [
      'digest of a later chunk',
      3,
      { chunkDigest: sha256('other') },
      'it says otherwise of /opt/large: content',
    ],
    ['place of a chunk', 4, { chunkOffset: 8000 }, 'it says otherwise of /opt/large: content'],
    ['no digest', 1, { digest: '' }, 'it says otherwise of /opt/small: content'],
  ]
  test.each(changes)('another %s is a finding', async (__, at, ...[change, message]) => {
    const entries = described.map((entry, index) => (index === at ? { ...entry, ...change } : entry))
    const { severities, messages } = await inspected({ version: 1, entries })
    expect(messages).toEqual([message])
    expect(severities).toEqual(['critical'])
  })

  test('an entry that only one of them has is a finding', async () => {
    const fewer = await inspected({ version: 1, entries: described.filter((__, at) => at !== 5) })
    expect(fewer.messages).toEqual(['it leaves out /opt/empty'])
    const more = await inspected({
      version: 1,
      entries: [...described, { name: 'bin/sh', type: 'reg', size: 1 }],
    })
    expect(more.messages).toEqual(['it has /bin/sh, which the tar does not have'])
  })

  test.each([
    ['no list', { version: 1 }, 'it has no list of entries'],
    ['an entry that is none', { entries: [1] }, 'it cannot be read: an entry is no object'],
    ['a size that is no number', { entries: [{ size: '1' }] }, 'it cannot be read: "size"'],
  ])('%s: what cannot be read is a finding', async (__, toc, message) => {
    const { messages } = await inspected(toc)
    expect(messages.join('')).toContain(message.replace('it has no list', 'no list'))
  })
})

describe('what the manifest announces', () => {
  const toc = { version: 1, entries: described }
  const other = { [stargz]: sha256('other') }
  test('another digest of an eStargz table', async () => {
    expect((await eStargz(toc, other)).messages).toEqual([
      'it does not have the digest that the manifest announces',
    ])
  })
  test('an eStargz table that is not there', async () => {
    const { messages } = await told({ entries: tarEntries, annotations: other })
    expect(messages).toEqual(['it is announced, and the layer has none that can be read'])
  })
  test('an eStargz table that is not announced is compared', async () => {
    const { messages } = await eStargz({ version: 1, entries: described.slice(0, -1) }, {})
    expect(messages).toEqual(['it leaves out /opt/null'])
  })
  test('another digest of a zstd:chunked table', async () => {
    const { messages } = await chunked(toc, { [checksum]: sha256('other') })
    expect(messages).toEqual(['it does not have the digest that the manifest announces'])
  })
  test('a zstd:chunked table without a place', async () => {
    const { messages } = await chunked(toc, { [position]: '1:2:3' })
    expect(messages).toEqual(['it is announced without a place that can be read'])
  })
  test('two tables for one layer', async () => {
    const { messages } = await chunked(toc, other)
    expect(messages).toContain('the layer has two tables of contents, of which each runtime takes another')
  })
})
