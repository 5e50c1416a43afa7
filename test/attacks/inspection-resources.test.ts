import { mkdir, readdir, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { inspectImage } from '@assay/core'
import { digestOf, openLayout } from '@assay/registry'
import { runCli } from '@assay/test-support/cli'
import type { ImageDescription } from '@assay/test-support/image-builder'
import type { TarEntry } from '@assay/test-support/tar-bytes'
import { workspace } from '@assay/test-support/workspace'
import { describe, expect, test } from 'vitest'

const file = (path: string): TarEntry => ({ kind: 'file', path, content: 'x', mode: 0o755 })
const link = (path: string, target: string): TarEntry => ({ kind: 'symlink', path, target })
const folder = (path: string): TarEntry => ({ kind: 'directory', path, mode: 0o777 })

/** Node's permission model: every file may be read, nothing be written, started or loaded from an addon. */
const readOnly = { NODE_OPTIONS: '--permission --allow-fs-read=*' } as const

describe('C-09, C-12, C-14, C-17: reading an image writes nothing, starts nothing, loads nothing', () => {
  const archives: readonly (readonly [string, readonly TarEntry[]])[] = [
    ['C-09: a link raced with a file of its name', [link('a', '/tmp'), file('a'), link('a', '/etc')]],
    ['C-12: a path beside the destination', [file('../dir-evil/x')]],
    ['C-14: a directory in place of a link', [link('d', '/victim'), folder('d'), file('d/foo/bar')]],
    ['C-14: a directory through a link', [link('symlink', '/victim'), folder('symlink/exploit/foo/bar')]],
    [
      'C-17: libraries and accounts that a chroot would load',
      [file('lib/libnss_files.so.2'), file('etc/passwd')],
    ],
  ]
  test.each(archives)('%s', async (_, entries) => {
    await using place = await workspace()
    const { reference } = await place.image('image', { layers: [{ entries }] })
    const before = await readdir(place.directory, { recursive: true })
    const inspected = await runCli(['inspect', '--output', 'json', reference], { env: readOnly })
    const listed = await runCli(['ls', '--layers', reference], { env: readOnly })
    expect([0, 3]).toContain(inspected.code)
    expect([0, 3]).toContain(listed.code)
    expect(JSON.parse(inspected.stdout)).toMatchObject({
      images: [{ layers: [{ entries: entries.length }] }],
    })
    expect(await readdir(place.directory, { recursive: true })).toEqual(before)
  })
  test('and the permission model does refuse', async () => {
    await using place = await workspace()
    const run = await runCli(['keys', 'generate', '--output-key-prefix', place.path('release')], {
      env: { ...readOnly, COSIGN_PASSWORD: 'secret' },
    })
    expect(run.code).not.toBe(0)
    expect(await readdir(place.directory)).toEqual([])
  })
})

describe('C-10: content that is cut while it is read', () => {
  const image: ImageDescription = {
    layers: [{ entries: [{ kind: 'file', path: 'a', content: 'x'.repeat(5000) }], compression: 'none' }],
  }
  test.each([1, 511, 512, 1000, 4000])(
    'a layer cut after %i bytes is refused, nothing is filled in',
    async (length) => {
      await using place = await workspace()
      const { reference, blobs } = await place.image('image', image)
      const layer = blobs.find(({ descriptor }) => descriptor.mediaType.endsWith('.tar'))
      await truncate(blobPath(place.path('image'), layer?.descriptor.digest ?? ''), length)
      const run = await runCli(['inspect', '--output', 'json', reference])
      expect(run.code).toBe(1)
      expect(JSON.parse(run.stdout)).toMatchObject({ ok: false, error: { code: 'CONTENT_MISMATCH' } })
    },
  )
})

describe('C-05, C-20: failing and aborted inspections leave nothing behind', () => {
  test('no temporary file', async () => {
    await using place = await workspace()
    const { reference } = await place.image('image', {
      layers: [{ blob: Buffer.from('1f8b0800', 'hex'), tar: Buffer.alloc(1024) }],
    })
    await mkdir(place.path('tmp'))
    const run = await runCli(['inspect', reference], { env: { TMPDIR: place.path('tmp') } })
    expect(run.code).toBe(3)
    expect(await readdir(place.path('tmp'))).toEqual([])
  })
  test.skipIf(process.platform !== 'linux')('no open file after a hundred of either', async () => {
    await using place = await workspace()
    const { descriptor } = await place.image('image', { layers: [{ entries: [file('a')] }] })
    const source = openLayout(place.path('image'))
    const before = await openFiles()
    for (let run = 0; run < 100; run++) {
      const signal = run % 2 === 0 ? AbortSignal.abort() : undefined
      const broken = { ...descriptor, digest: run % 2 === 0 ? descriptor.digest : missing }
      await expect(
        inspectImage(source, broken, {
          reference: 'x',
          ...(signal === undefined ? {} : { call: { signal } }),
        }),
      ).rejects.toMatchObject({ code: run % 2 === 0 ? 'ABORTED' : 'NOT_FOUND' })
    }
    expect(await openFiles()).toBeLessThanOrEqual(before + 2)
  })
})

const missing = digestOf(Buffer.from('nowhere'))

function blobPath(layout: string, digest: string): string {
  return join(layout, 'blobs', ...digest.split(':'))
}

async function openFiles(): Promise<number> {
  return (await readdir('/proc/self/fd')).length
}
