import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createLayout, openLayout } from '@assay/registry'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCli } from '../support/cli.ts'
import { startDockerRegistry, type DockerRegistry } from '../support/docker-registry.ts'
import { buildImage, pushImage } from '../support/image-builder.ts'
import { hasReferrersRegistry, startReferrersRegistry } from '../support/interop-tools.ts'
import { missing } from '../support/missing.ts'

const run = promisify(execFile)
const lacking = ['docker-registry', 'skopeo', 'umoci', 'buildah'].filter(
  (program) => spawnSync(program, ['--version']).status !== 0,
)
if (lacking.length > 0) missing(lacking.join(', '), 'run .ci/install-packages')

describe.skipIf(lacking.length > 0).each([
  ['distribution 2.8', startDockerRegistry, false],
  ['a registry with the referrers API', startReferrersRegistry, !hasReferrersRegistry],
] as const)('independent clients and %s', (...[, start, isMissing]) => {
  let registry: DockerRegistry
  let folder: string
  const path = (...parts: readonly string[]): string => join(folder, ...parts)
  const storage = (): readonly string[] => [
    '--storage-driver=vfs',
    `--root=${path('storage')}`,
    `--runroot=${path('run')}`,
  ]
  const buildah = async (...args: readonly string[]): Promise<string> =>
    (await run('buildah', [...storage(), ...args])).stdout.trim()

  beforeAll(async () => {
    if (isMissing) return
    registry = await start()
    folder = await mkdtemp(join(tmpdir(), 'assay-peers-'))
    await writeFile(path('policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}')
  })
  afterAll(async () => {
    if (isMissing) return
    await registry.stop()
    await rm(folder, { recursive: true, force: true })
  })

  test.skipIf(isMissing)(
    'what buildah builds and pushes is read with its digest, and verified layer by layer',
    async () => {
      await writeFile(path('hello'), 'hello')
      const container = await buildah('from', 'scratch')
      await buildah('copy', container, path('hello'), '/hello')
      await buildah('config', '--user', '65532', container)
      const policy = `--signature-policy=${path('policy.json')}`
      await buildah(
        'commit',
        policy,
        '--tls-verify=false',
        '--quiet',
        container,
        `docker://${registry.host}/peer/app:b`,
      )
      const copy = ['copy', `${registry.host}/peer/app:b`, `oci:${path('pulled')}:b`]
      expect(await runCli(copy)).toMatchObject({ code: 0, stderr: '' })
      const { digest } = await openLayout(path('pulled')).resolve('b')
      const raw = await run('skopeo', [
        'inspect',
        '--tls-verify=false',
        '--format',
        '{{.Digest}}',
        `docker://${registry.host}/peer/app:b`,
      ])
      expect(raw.stdout.trim()).toBe(digest)
      const inspected = await runCli(['inspect', '-o', 'json', `${registry.host}/peer/app@${digest}`])
      expect(inspected.code).toBe(0)
    },
  )

  test.skipIf(isMissing)('what we push, skopeo, buildah and umoci read byte for byte', async () => {
    const image = await buildImage({
      layers: [{ entries: [{ kind: 'file', path: 'app', content: 'hello' }] }],
      config: { User: '65532' },
    })
    await pushImage(await createLayout(path('ours')), image, 'v1')
    const place = `${registry.host}/peer/ours:v1`
    expect(await runCli(['copy', `oci:${path('ours')}:v1`, place])).toMatchObject({ code: 0, stderr: '' })
    await run('skopeo', [
      '--insecure-policy',
      'copy',
      '-q',
      '--preserve-digests',
      '--src-tls-verify=false',
      `docker://${place}`,
      `oci:${path('theirs')}:v1`,
    ])
    expect(await openLayout(path('theirs')).resolve('v1')).toEqual(image.descriptor)
    for (const { descriptor, bytes } of image.blobs) {
      const name = descriptor.digest.slice('sha256:'.length)
      expect(await readFile(path('theirs', 'blobs', 'sha256', name))).toEqual(Buffer.from(bytes))
    }
    const policy = `--signature-policy=${path('policy.json')}`
    await buildah('pull', policy, '--tls-verify=false', '--quiet', `docker://${place}`)
    const known = await buildah('images', '--digests', '--format', '{{.Digest}}', place)
    expect(known).toContain(image.descriptor.digest)
    await run('umoci', ['raw', 'unpack', '--rootless', '--image', `${path('theirs')}:v1`, path('rootfs')])
    expect(await readFile(path('rootfs', 'app'), 'utf8')).toBe('hello')
  })
})
