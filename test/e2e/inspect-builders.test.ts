import { execFile, spawnSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isDigest, openLayout } from '@assay/registry'
import { runCli } from '@assay/test-support/cli'
import { elfProgram } from '@assay/test-support/inspect'
import { missing } from '@assay/test-support/missing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
const lacking = ['skopeo', 'umoci', 'buildah'].filter(
  (program) => spawnSync(program, ['--version']).status !== 0,
)
if (lacking.length > 0) missing(lacking.join(', '), 'run .ci/install-packages')

describe.skipIf(lacking.length > 0)('layouts that other tools make', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-builders-'))
  const path = (...parts: readonly string[]): string => join(folder, ...parts)
  const policy = path('policy.json')
  const storage = ['--storage-driver=vfs', `--root=${path('storage')}`, `--runroot=${path('run')}`]
  const buildah = async (...args: readonly string[]): Promise<string> =>
    (await run('buildah', [...storage, ...args])).stdout.trim()
  const skopeo = async (...args: readonly string[]): Promise<unknown> =>
    await run('skopeo', ['--policy', policy, 'copy', '-q', ...args])
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  beforeAll(async () => {
    await writeFile(policy, '{"default":[{"type":"insecureAcceptAnything"}]}')
    await mkdir(path('files/opt'), { recursive: true })
    await writeFile(path('files/opt/app'), elfProgram('GNU bash, version %s'), { mode: 0o755 })
    await writeFile(path('files/opt/note'), 'to be deleted')
    await byBuildah()
    await byUmoci()
    await skopeo(`oci:${path('buildah')}:v1`, `oci:${path('skopeo')}:v1`, '--dest-compress-format', 'zstd')
    await skopeo(`oci:${path('buildah')}:v1`, `dir:${path('plain')}`, '--dest-decompress')
    await skopeo(`dir:${path('plain')}`, `oci-archive:${path('archive.tar')}:v1`)
    await skopeo(`oci:${path('umoci')}:v1`, `docker-archive:${path('docker.tar')}:team/app:v1`)
  }, 120_000)

  /** Two layers, the second of which deletes a file of the first. */
  async function byBuildah(): Promise<void> {
    const container = await buildah('from', 'scratch')
    await buildah('copy', container, path('files'), '/')
    await buildah('commit', '--signature-policy', policy, '--quiet', container, 'lower')
    const upper = await buildah('from', '--signature-policy', policy, '--pull=never', 'localhost/lower')
    const mounted = await buildah('mount', upper)
    rmSync(join(mounted, 'opt/note'))
    await buildah('umount', upper)
    await buildah('config', '--user', '65532', upper)
    await buildah('commit', '--signature-policy', policy, '--quiet', upper, `oci:${path('buildah')}:v1`)
  }

  async function byUmoci(): Promise<void> {
    const image = `${path('umoci')}:v1`
    await run('umoci', ['init', '--layout', path('umoci')])
    await run('umoci', ['new', '--image', image])
    await run('umoci', ['insert', '--rootless', '--image', image, path('files/opt'), '/opt'])
    await run('umoci', ['insert', '--rootless', '--whiteout', '--image', image, '/opt/note'])
    await run('umoci', ['config', '--image', image, '--config.user', '65532'])
  }

  /** Every path that umoci unpacks. */
  async function unpacked(layout: string): Promise<readonly string[]> {
    const bundle = mkdtempSync(path('bundle-'))
    await run('umoci', ['unpack', '--rootless', '--image', `${layout}:v1`, join(bundle, 'b')])
    const root = join(bundle, 'b/rootfs')
    return readdirSync(root, { recursive: true, encoding: 'utf8' })
      .map((name) => {
        const stat = lstatSync(join(root, name))
        if (stat.isSymbolicLink()) return `/${name} symlink ${readlinkSync(join(root, name))}`
        return stat.isDirectory() ? `/${name} directory` : `/${name} file ${stat.size}`
      })
      .toSorted()
  }

  /** A reference whose path is below the folder. */
  const placed = (reference: string): string => reference.replace(/(?<=^[a-z-]+:)/, `${folder}/`)

  test.each([
    ['buildah', 'oci:buildah:v1'],
    ['umoci', 'oci:umoci:v1'],
    ['skopeo, in zstd', 'oci:skopeo:v1'],
    ['skopeo, in an archive of its own', 'oci-archive:archive.tar:v1'],
    ['skopeo, in the form of docker save', 'docker-archive:docker.tar:team/app:v1'],
  ] as const)(
    '%s: every layer has its digest and diffID, and the deleted file is told',
    async (_, reference) => {
      const inspected = await runCli(['inspect', '--output', 'json', placed(reference)])
      expect(inspected).toMatchObject({ code: 0, stderr: '' })
      const report: unknown = JSON.parse(inspected.stdout)
      const layers = [0, 1].map((index) => ({ index, diffIdMatches: true, failure: null }))
      expect(report).toMatchObject({
        verdict: 'no',
        images: [{ verdict: 'no', config: { uid: 65_532 }, layers }],
      })
      const listed = await runCli(['ls', '--layers', '--output', 'json', placed(reference), '/opt'])
      expect(JSON.parse(listed.stdout)).toMatchObject({
        images: [
          {
            files: expect.arrayContaining([
              expect.objectContaining({ path: '/opt/app', state: 'present', layer: 0 }),
              expect.objectContaining({ path: '/opt/note', state: 'deleted', layer: 0 }),
            ]),
          },
        ],
      })
    },
  )

  test.each([
    ['buildah', 'buildah'],
    ['umoci', 'umoci'],
    // umoci reads no zstd; the layers are those of the image that skopeo copied.
    ['skopeo', 'buildah'],
  ])(
    '%s: the digests are those that skopeo tells, the files those that umoci unpacks',
    async (name, unpackable) => {
      const reference = `oci:${path(name)}:v1`
      const raw = await run('skopeo', ['inspect', '--raw', reference], { encoding: 'buffer' })
      const told: { readonly Digest: string; readonly Layers: readonly string[] } = JSON.parse(
        (await run('skopeo', ['inspect', reference])).stdout,
      )
      expect(isDigest(told.Digest)).toBe(true)
      const inspected = await runCli(['inspect', '--output', 'json', reference])
      expect(JSON.parse(inspected.stdout)).toMatchObject({
        digest: told.Digest,
        images: [{ layers: told.Layers.map((digest) => ({ digest })) }],
      })
      expect((await openLayout(path(name)).resolve('v1')).size).toBe(raw.stdout.length)
      const listed = await runCli(['ls', '--output', 'json', reference])
      const document: {
        readonly images: readonly {
          readonly files: readonly {
            readonly path: string
            readonly type: string
            readonly size: number
            readonly target: string | null
          }[]
        }[]
      } = JSON.parse(listed.stdout)
      const lines = document.images.flatMap(({ files }) =>
        files.map((file) => {
          if (file.type === 'symlink') return `${file.path} symlink ${file.target}`
          return file.type === 'directory' ? `${file.path} directory` : `${file.path} file ${file.size}`
        }),
      )
      expect(lines.toSorted()).toEqual(await unpacked(path(unpackable)))
    },
  )
})
