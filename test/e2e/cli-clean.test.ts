import {
  attachmentTag,
  createLayout,
  mediaTypes,
  openLayout,
  openRepository,
  referrersTag,
  registryTransport,
  type ContentStore,
  type Descriptor,
} from '@assay/registry'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { all, pushArtifact, pushBytes, pushIndex } from '../support/artifacts.ts'
import { runCli } from '../support/cli.ts'
import { hasDockerRegistry, startDockerRegistry, type DockerRegistry } from '../support/docker-registry.ts'
import { attachLegacy, simpleSigning } from '../support/legacy-signatures.ts'
import { testRegistry, type TestRegistry } from '../support/registry.ts'
import { apiError } from '../support/registry/answer.ts'
import { when } from '../support/registry/faults.ts'
import { password, plainImage, workspace, type Workspace } from '../support/workspace.ts'

interface Scene {
  readonly image: Descriptor
  readonly scan: Descriptor
  readonly comment: Descriptor
  readonly sbom: Descriptor
}

/** An image with a signature, an attestation and an SBOM, each as a referrer, legacy tags, and a comment on a scan. */
async function scene(store: ContentStore, place: Workspace, reference: string): Promise<Scene> {
  const image = await store.resolve('v1')
  await place.keys()
  const key = ['--key', place.path('release.key'), '--tlog-upload=false']
  expect(await runCli(['sign', ...key, reference], { env: password })).toMatchObject({ code: 0 })
  const predicate = await place.write('predicate.json', '{}')
  const attest = ['attest', ...key, '--type', 'custom', '--predicate', predicate, reference]
  expect(await runCli(attest, { env: password })).toMatchObject({ code: 0 })
  await attachLegacy(store, image, {
    suffix: 'sig',
    layers: [
      {
        payload: simpleSigning(image.digest),
        annotations: { 'dev.cosignproject.cosign/signature': 'AAAA' },
      },
    ],
  })
  const sbom = await pushArtifact(store, { subject: image, artifactType: 'application/spdx+json' })
  const scan = await pushArtifact(store, { subject: image, artifactType: 'application/scan' })
  const comment = await pushArtifact(store, { subject: scan, artifactType: 'application/comment' })
  return { image, scan, comment, sbom }
}

async function prepared(place: Workspace, host: string): Promise<{ store: ContentStore; reference: string }> {
  const image = await place.image('image', plainImage)
  const reference = `${host}/a/b:v1`
  expect(await runCli(['copy', image.reference, reference])).toMatchObject({ code: 0 })
  const store = openRepository({ host, repository: 'a/b' }, { transport: registryTransport() })
  return { store, reference }
}

async function typesOf(store: ContentStore, subject: Descriptor): Promise<readonly string[]> {
  const fresh = await all(store.referrers(subject.digest))
  return fresh.map(({ artifactType }) => artifactType ?? '').toSorted()
}

const bundle = mediaTypes.sigstoreBundle

describe.each([
  ['with the referrers API', true],
  ['without it', false],
])('assay clean in a registry %s', (_name, referrersApi) => {
  const served = async (work: (host: string, registry: TestRegistry) => Promise<void>): Promise<void> => {
    const registry = testRegistry({ referrersApi })
    const { host, close } = await registry.serve()
    try {
      await work(host, registry)
    } finally {
      await close()
    }
  }

  it('removes what is named by its type, and nothing else', async () => {
    await using place = await workspace()
    await served(async (host) => {
      const { store, reference } = await prepared(place, host)
      const { image, scan } = await scene(store, place, reference)
      const dry = await runCli(['clean', '--type', 'signatures', '--dry-run', reference])
      expect(dry).toMatchObject({ code: 0, stderr: '' })
      expect(dry.stdout).toContain(`tag ${attachmentTag(image.digest, 'sig')} (signature)`)
      expect(await typesOf(store, image)).toEqual([
        'application/scan',
        'application/spdx+json',
        bundle,
        bundle,
      ])
      const cleaned = await runCli(['clean', '--type', 'signatures', '--yes', '-o', 'json', reference])
      expect(cleaned).toMatchObject({ code: 0, stderr: '' })
      expect(JSON.parse(cleaned.stdout)).toMatchObject({
        schema: 'assay.cleaned/v1',
        ok: true,
        dryRun: false,
        items: [{ outcome: 'removed' }, { outcome: 'removed' }],
      })
      expect(await typesOf(store, image)).toEqual(['application/scan', 'application/spdx+json', bundle])
      await expect(store.resolve(attachmentTag(image.digest, 'sig'))).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
      await runCli(['clean', '--type', 'attestation', '--type', 'sbom', '--force', reference])
      expect(await typesOf(store, image)).toEqual(['application/scan'])
      expect(await typesOf(store, scan)).toEqual(['application/comment'])
      await runCli(['clean', '--type', 'all', '--yes', reference])
      expect(await typesOf(store, image)).toEqual([])
      expect(await typesOf(store, scan)).toEqual([])
      expect(await store.has(image)).toBe(true)
      expect((await runCli(['clean', '--type', 'all', '--yes', reference])).stdout).toContain(
        'NOTHING TO REMOVE',
      )
    })
  })

  it('removes one attachment by its digest, with what hangs on it', async () => {
    await using place = await workspace()
    await served(async (host) => {
      const { store, reference } = await prepared(place, host)
      const { image, scan, comment, sbom } = await scene(store, place, reference)
      await runCli(['clean', '--digest', scan.digest, '--yes', reference])
      expect(await typesOf(store, image)).toEqual(['application/spdx+json', bundle, bundle])
      const fresh = openRepository({ host, repository: 'a/b' }, { transport: registryTransport() })
      expect([await fresh.has(scan), await fresh.has(comment), await fresh.has(sbom)]).toEqual([
        false,
        false,
        true,
      ])
      const again = await runCli(['clean', '--digest', scan.digest, '--yes', reference])
      expect(again).toMatchObject({ code: 3 })
      expect(again.stderr).toContain('[NOT_FOUND]')
    })
  })

  it('writers that attach at the same time lose nothing', async () => {
    await using place = await workspace()
    await served(async (host) => {
      const { store, reference } = await prepared(place, host)
      const image = await store.resolve('v1')
      for (let at = 0; at < 4; at += 1)
        await pushArtifact(store, { subject: image, artifactType: 'application/scan', layer: `old ${at}` })
      const other = openRepository({ host, repository: 'a/b' }, { transport: registryTransport() })
      const [cleaned] = await Promise.all([
        runCli(['clean', '--type', 'referrers', '--yes', reference]),
        (async () => {
          for (let at = 0; at < 6; at += 1)
            await pushArtifact(other, {
              subject: image,
              artifactType: 'application/kept',
              layer: `new ${at}`,
            })
        })(),
      ])
      expect(cleaned).toMatchObject({ code: 0, stderr: '' })
      // Of what was written meanwhile, the run has seen a part or nothing; the rest is whole and listed.
      const removed = cleaned.stdout.split('\n').filter((line) => line.includes('application/kept')).length
      const left = await typesOf(store, image)
      expect(left).toEqual(Array.from({ length: 6 - removed }, () => 'application/kept'))
      for (const each of await all(store.referrers(image.digest))) expect(await store.has(each)).toBe(true)
    })
  })
})

describe('assay clean', () => {
  it('asks first, and without a terminal it removes nothing', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    const store = await createLayout(place.path('image'))
    await pushArtifact(store, { subject: image.descriptor, artifactType: 'application/scan' })
    const result = await runCli(['clean', '--type', 'all', image.reference])
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('[DECLINED]')
    expect(await typesOf(store, image.descriptor)).toEqual(['application/scan'])
  })

  it.each([
    [['clean', 'oci:x'], 'nothing is named'],
    [['clean', '--type', 'everything', 'oci:x'], 'not a type of attachment'],
  ])('%j is a wrong request', async (line, words) => {
    const result = await runCli(line)
    expect(result.code).toBe(2)
    expect(result.stderr).toContain(words)
  })

  it('in a layout unlists and removes, also from an index under the fallback tag', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    const store = await createLayout(place.path('image'))
    const scan = await pushArtifact(store, { subject: image.descriptor, artifactType: 'application/scan' })
    const kept = await pushArtifact(store, { subject: image.descriptor, layer: 'kept', artifactType: 'a/b' })
    await store.tag(await pushIndex(store, [scan, kept]), referrersTag(image.descriptor.digest))
    await runCli(['clean', '--digest', scan.digest, '--yes', image.reference])
    const after = openLayout(place.path('image'))
    expect(await typesOf(after, image.descriptor)).toEqual(['a/b'])
    await expect(after.resolve(scan.digest)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await after.resolve('test')).toEqual(image.descriptor)
  })

  it('what is attached to a platform needs --recursive', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    const store = await createLayout(place.path('image'))
    await store.tag(await pushIndex(store, [image.descriptor]), 'index')
    const scan = await pushArtifact(store, { subject: image.descriptor, artifactType: 'application/scan' })
    const reference = `oci:${place.path('image')}:index`
    expect((await runCli(['clean', '--type', 'all', '--yes', reference])).stdout).toContain('NOTHING')
    expect((await runCli(['clean', '--type', 'all', '-r', '--yes', reference])).stdout).toContain(scan.digest)
    expect(await typesOf(openLayout(place.path('image')), image.descriptor)).toEqual([])
  })

  it('a registry without deletion of tags loses no image that somebody has put under a tag of ours', async () => {
    await using place = await workspace()
    const registry = testRegistry()
    const { host, close } = await registry.serve()
    try {
      const { store, reference } = await prepared(place, host)
      const image = await store.resolve('v1')
      const other = await pushArtifact(store, { layer: 'an image of somebody else' })
      registry.setFaults([when(/^DELETE .*manifests\/sha256-/, () => apiError(405, 'UNSUPPORTED'))])
      for (const victim of [image, other]) {
        await store.tag(victim, attachmentTag(image.digest, 'sbom'))
        const result = await runCli(['clean', '--type', 'sboms', '--yes', reference])
        expect(result.code).toBe(2)
        expect(result.stderr).toContain('[UNSUPPORTED]')
        expect(await store.has(victim)).toBe(true)
      }
      const layer = await pushBytes(store, 'text/spdx+json', '{}')
      const sbom = await pushArtifact(store, { layers: [layer] })
      await store.tag(sbom, attachmentTag(image.digest, 'sbom'))
      expect(await runCli(['clean', '--type', 'sboms', '--yes', reference])).toMatchObject({ code: 0 })
      const fresh = openRepository({ host, repository: 'a/b' }, { transport: registryTransport() })
      expect(await fresh.has(sbom)).toBe(false)
    } finally {
      await close()
    }
  })

  it('where the registry deletes nothing, a list of ours is shortened and the rest is said', async () => {
    await using place = await workspace()
    const registry = testRegistry({ referrersApi: false })
    const { host, close } = await registry.serve()
    try {
      const { store, reference } = await prepared(place, host)
      const image = await store.resolve('v1')
      await pushArtifact(store, { subject: image, artifactType: 'application/scan' })
      registry.setFaults([when(/^DELETE /, () => apiError(405, 'UNSUPPORTED'))])
      const result = await runCli(['clean', '--type', 'referrers', '--yes', reference])
      expect(result).toMatchObject({ code: 0 })
      expect(result.stdout).toContain('unlisted referrer')
      expect(await typesOf(store, image)).toEqual([])
    } finally {
      await close()
    }
  })
})

describe.skipIf(!hasDockerRegistry && process.env['CI'] !== 'true')('assay clean in distribution 2.8', () => {
  let registry: DockerRegistry
  beforeAll(async () => {
    registry = await startDockerRegistry()
  })
  afterAll(async () => await registry.stop())

  it('removes all of it, though tags cannot be deleted there', async () => {
    await using place = await workspace()
    const { store, reference } = await prepared(place, registry.host)
    const { image } = await scene(store, place, reference)
    expect(await runCli(['clean', '--type', 'all', '--yes', reference])).toMatchObject({
      code: 0,
      stderr: '',
    })
    expect(await typesOf(store, image)).toEqual([])
    const fresh = openRepository(
      { host: registry.host, repository: 'a/b' },
      { transport: registryTransport() },
    )
    await expect(fresh.resolve(attachmentTag(image.digest, 'sig'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    expect(await fresh.resolve('v1')).toEqual(image)
  })
})
