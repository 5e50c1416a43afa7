import { zstdCompressSync } from 'node:zlib'
import { inspectImage } from '@assay/core'
import type { ContentSource } from '@assay/registry'
import { buildImage } from '@assay/test-support/image-builder'
import { elfProgram, inspectLayers } from '@assay/test-support/inspect'
import { endOfArchive, tarBytes, tarHeader, type TarEntry } from '@assay/test-support/tar-bytes'
import { describe, expect, test } from 'vitest'

/** Runs it, and says how much processor time it took: the bounds are far above what it needs, and far below the bomb's. */
async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly seconds: number }> {
  const start = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(start)
  return { result, seconds: (user + system) / 1e6 }
}

function padded(content: Uint8Array): Uint8Array {
  return Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)])
}

function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  const length = rest.length + String(rest.length + String(rest.length).length).length
  return `${length}${rest}`
}

function paxHeader(records: string): Uint8Array {
  const content = Buffer.from(records, 'latin1')
  return Buffer.concat([tarHeader({ name: 'pax', type: 'x', size: content.length }), padded(content)])
}

function entry(content: Uint8Array, name = 'file'): Uint8Array {
  return Buffer.concat([tarHeader({ name, type: '0', size: content.length }), padded(content)])
}

function withAttribute(name: string): Uint8Array {
  const records = record(`SCHILY.xattr.${name}`, 'x'.repeat(70_000))
  return Buffer.concat([paxHeader(records), entry(Buffer.alloc(0)), endOfArchive])
}

const limited = expect.stringContaining('LIMIT_EXCEEDED')
const undecidable = { verdict: 'undecidable', reasons: [limited] }

describe('C-04: headers that take long to read', () => {
  test('sparse maps without end', { timeout: 60_000 }, async () => {
    const lines = Math.floor(1_000_000 / 4)
    const map = padded(Buffer.from(`${lines / 2}\n${'0\n'.repeat(lines)}`))
    const records = paxHeader(
      record('GNU.sparse.major', '1') + record('GNU.sparse.minor', '0') + record('GNU.sparse.realsize', '0'),
    )
    const one = Buffer.concat([records, entry(map)])
    const tar = Buffer.concat([...Array.from({ length: 64 }, () => one), endOfArchive])
    const { result, seconds } = await timed(async () => await inspectLayers([{ tar }]))
    expect(result).toMatchObject(undecidable)
    expect(seconds).toBeLessThan(10)
  })

  test('a hundred thousand records in one header', async () => {
    const records = Array.from({ length: 95_000 }, (_, at) => record(`k${at}`, '')).join('')
    const tar = Buffer.concat([paxHeader(records), entry(Buffer.alloc(0)), endOfArchive])
    expect(await inspectLayers([{ tar }])).toMatchObject(undecidable)
  })

  test('attributes that no check looks at are not kept, those that one does are bounded', async () => {
    expect(await inspectLayers([{ tar: withAttribute('user.note') }])).toMatchObject({ verdict: 'strict' })
    expect(await inspectLayers([{ tar: withAttribute('trusted.overlay.redirect') }])).toMatchObject(
      undecidable,
    )
  })
})

describe('C-04: what all layers of an image take together', () => {
  test('holes of one layer after the other', { timeout: 120_000 }, async () => {
    const size = 1_000_000_000
    const layers = Array.from({ length: 2 }, (_, at) => ({
      tar: Buffer.concat([
        paxHeader(
          record('GNU.sparse.major', '0') +
            record('GNU.sparse.minor', '1') +
            record('GNU.sparse.size', String(size)) +
            record('GNU.sparse.numblocks', '0'),
        ),
        entry(Buffer.alloc(0), `file${at}`),
        endOfArchive,
      ]),
    }))
    expect(await inspectLayers(layers)).toMatchObject(undecidable)
  })

  test('a layer that is listed many times is read once, and each listing has its entries', async () => {
    const tar = await tarBytes([{ kind: 'file', path: 'usr/bin/big', content: elfProgram() }])
    const image = await buildImage({ layers: [{ tar }, { tar }, { tar }] })
    let opened = 0
    const source: ContentSource = {
      ...image.source,
      open: (descriptor, call) => {
        if (descriptor.mediaType.includes('.tar')) opened += 1
        return image.source.open(descriptor, call)
      },
    }
    const report = await inspectImage(source, image.descriptor, { reference: 'built' })
    const layers = report.images[0]?.layers ?? []
    expect(opened).toBe(1)
    expect(layers.map((layer) => [layer.index, layer.entries, layer.visible, layer.diffIdMatches])).toEqual([
      [0, 1, 0, true],
      [1, 1, 0, true],
      [2, 1, 1, true],
    ])
  })
})

describe('C-04: hundreds of thousands of empty zstd frames', () => {
  test('are not decoded one after the other', { timeout: 60_000 }, async () => {
    const empty = zstdCompressSync(Buffer.alloc(0))
    const tar = await tarBytes([{ kind: 'file', path: 'a', content: 'x' }])
    const frames = Buffer.concat(Array.from({ length: 300_000 }, () => empty))
    const blob = Buffer.concat([zstdCompressSync(tar), frames])
    const mediaType = 'application/vnd.oci.image.layer.v1.tar+zstd'
    const { result, seconds } = await timed(async () => await inspectLayers([{ blob, tar, mediaType }]))
    expect(result).toMatchObject(undecidable)
    expect(seconds).toBeLessThan(10)
  })
})

describe('C-04: links to links', () => {
  test(
    'with thousands of names each are given up, and not taken for nothing',
    { timeout: 60_000 },
    async () => {
      const tail = '/x/..'.repeat(800)
      const links: TarEntry[] = [{ kind: 'directory', path: 'x' }]
      for (let at = 0; at < 39; at += 1)
        links.push({ kind: 'symlink', path: `l${at}`, target: `${at === 0 ? '.' : `l${at - 1}`}${tail}` })
      const scripts: TarEntry[] = Array.from({ length: 2000 }, (_, at) => ({
        kind: 'hardlink',
        path: `h${at}`,
        target: 'l38/l0',
      }))
      const { result, seconds } = await timed(
        async () => await inspectLayers([{ entries: [...links, ...scripts] }]),
      )
      expect(result.verdict).toBe('undecidable')
      expect(result.reasons).toContainEqual(expect.stringContaining('too long to follow'))
      expect(seconds).toBeLessThan(40)
    },
  )
})

describe('C-04: an os-release of megabytes', () => {
  test('is read once for all packages, its beginning only', { timeout: 60_000 }, async () => {
    const status = Array.from(
      { length: 100 },
      (_, at) => `Package: p${at}\nVersion: 1\nStatus: install ok installed\n`,
    ).join('\n')
    const entries: readonly TarEntry[] = [
      { kind: 'file', path: 'etc/os-release', content: `${'# \n'.repeat(10_000_000)}ID=late\n` },
      { kind: 'file', path: 'var/lib/dpkg/status', content: status },
    ]
    const { result, seconds } = await timed(async () => await inspectLayers([{ entries }]))
    expect(result.packages).toHaveLength(100)
    expect(result.packages[0]?.purl).toContain('pkg:deb/debian/')
    expect(seconds).toBeLessThan(15)
  })
})
