import { readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises'
import { createLayout, digestOf, openLayout, type Descriptor } from '@assay/registry'
import { describe, expect, test } from 'vitest'
import { pushArtifact, pushBytes } from '../support/artifacts.ts'
import { runCli } from '../support/cli.ts'
import { tarBytes } from '../support/tar-bytes.ts'
import { plainImage, workspace, type Workspace } from '../support/workspace.ts'

const spdx = '{"spdxVersion":"SPDX-2.3","name":"x"}'
const titles = [
  '../../escaped',
  '/tmp/assay-escaped',
  'a\u0000b',
  'CON',
  '-rf',
  'sub/../../escaped',
  'out/secret',
]

async function filesOf(place: Workspace): Promise<readonly string[]> {
  return (await readdir(place.directory, { recursive: true })).toSorted()
}

/** An image with an SBOM whose layer asks to be called so. */
async function withTitle(place: Workspace, title: string): Promise<string> {
  const { reference, descriptor } = await place.image('image', plainImage)
  const store = openLayout(place.path('image'))
  const blob = await pushBytes(store, 'text/spdx+json', spdx)
  const layers = [{ ...blob, annotations: { 'org.opencontainers.image.title': title } }]
  await pushArtifact(store, { subject: descriptor, layers, artifactType: 'text/spdx+json' })
  return reference
}

describe('B-06 the title of an artifact’s layer is a claim, and no path', () => {
  test.each(titles)('%j names no file when it is downloaded, copied, saved or listed', async (title) => {
    await using place = await workspace()
    const reference = await withTitle(place, title)
    const before = await filesOf(place)
    const downloaded = await runCli(['download', 'sbom', reference])
    expect(downloaded).toMatchObject({ code: 0, stdout: spdx })
    const listed = await runCli(['tree', reference])
    expect(listed.code).toBe(0)
    expect(listed.stdout).not.toContain('\u0000')
    expect(await filesOf(place)).toEqual(before)
    expect((await runCli(['copy', reference, `oci-archive:${place.path('x.tar')}:v1`])).code).toBe(0)
    expect((await runCli(['copy', reference, `oci:${place.path('copy')}:v1`])).code).toBe(0)
    const made = (await filesOf(place)).filter((name) => !before.includes(name))
    expect(
      made.filter(
        (name) =>
          !/^(?:x\.tar|copy(?:\/(?:oci-layout|index\.json|blobs(?:\/sha256(?:\/[0-9a-f]{64})?)?))?)$/.test(
            name,
          ),
      ),
    ).toEqual([])
  })
})

describe('B-07 a copy does not write through a link', () => {
  test('that stands where a blob belongs: the link goes, what it points to stays', async () => {
    await using place = await workspace()
    const { reference, descriptor } = await place.image('image', plainImage)
    await createLayout(place.path('copy'))
    await writeFile(place.path('victim'), 'mine')
    await symlink(place.path('victim'), blobPath(place, descriptor))
    expect((await runCli(['copy', reference, `oci:${place.path('copy')}:v1`])).code).toBe(0)
    expect(await readFile(place.path('victim'), 'utf8')).toBe('mine')
    expect(digestOf(await readFile(blobPath(place, descriptor)))).toBe(descriptor.digest)
  })

  test('that stands in the place of an archive', async () => {
    await using place = await workspace()
    const { reference } = await place.image('image', plainImage)
    await writeFile(place.path('victim'), 'mine')
    await symlink(place.path('victim'), place.path('x.tar'))
    await runCli(['copy', reference, `oci-archive:${place.path('x.tar')}:v1`])
    expect(await readFile(place.path('victim'), 'utf8')).toBe('mine')
  })
})

/** An image whose one layer has this much behind its end, and where that layer lies. */
async function withTrailing(
  place: Workspace,
  trailing: Uint8Array,
): Promise<{ reference: string; path: string }> {
  const tar = await tarBytes([{ kind: 'file', path: 'a', content: 'x' }])
  const blob = Buffer.concat([tar, trailing])
  const { reference } = await place.image('image', { layers: [{ tar: blob, compression: 'none' }] })
  return { reference, path: place.path(`image/blobs/sha256/${digestOf(blob).slice('sha256:'.length)}`) }
}

async function inspect(reference: string): Promise<{ code: number | null; report: unknown }> {
  const { code, stdout } = await runCli(['inspect', '--output', 'json', reference])
  return { code, report: JSON.parse(stdout) }
}

describe('B-02 bytes behind the end of a layer’s tar', () => {
  const refused = { code: 1, report: { ok: false, error: { code: 'CONTENT_MISMATCH' } } }

  test('are hashed: one other byte there, and nothing is told of the image', async () => {
    await using place = await workspace()
    const { reference, path } = await withTrailing(place, new Uint8Array(500_000))
    expect((await inspect(reference)).code).not.toBe(1)
    const bytes = await readFile(path)
    bytes[bytes.length - 1] = 1
    await writeFile(path, bytes)
    expect(await inspect(reference)).toMatchObject(refused)
  })

  test.each([
    ['one more', 1],
    ['one less', -1],
  ])('are counted: %s', async (_name, change) => {
    await using place = await workspace()
    const { reference, path } = await withTrailing(place, new Uint8Array(500_000))
    await truncate(path, (await readFile(path)).length + change)
    expect(await inspect(reference)).toMatchObject(refused)
  })

  test('with the right digest are told of', async () => {
    await using place = await workspace()
    const { reference } = await withTrailing(place, Buffer.from('hidden'.repeat(1000)))
    const { code, report } = await inspect(reference)
    expect(code).toBe(0)
    expect(JSON.stringify(report)).toContain('bytes-after-end')
  })
})

function blobPath(place: Workspace, { digest }: Descriptor): string {
  return place.path(`copy/blobs/sha256/${digest.slice('sha256:'.length)}`)
}
