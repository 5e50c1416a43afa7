import { openImage, planCleaning } from '@assay/core'
import {
  attachmentTag,
  createLayout,
  openLayout,
  openRepository,
  registryTransport,
  type ContentStore,
} from '@assay/registry'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pushArtifact, pushBytes, pushIndex } from '../support/artifacts.ts'
import { attachedScene, imageAt, typesOf, whileServed } from '../support/attached-scene.ts'
import { runCli } from '../support/cli.ts'
import { hasDockerRegistry, startDockerRegistry, type DockerRegistry } from '../support/docker-registry.ts'
import { attachLegacy, simpleSigning, type LegacyLayer } from '../support/legacy-signatures.ts'
import { apiError } from '../support/registry/answer.ts'
import { when } from '../support/registry/faults.ts'
import { plainImage, workspace } from '../support/workspace.ts'

describe('assay clean where the registry', () => {
  it('deletes no tags loses no image that somebody has put under a tag of ours', async () => {
    await using place = await workspace()
    await whileServed({}, async (host, registry) => {
      const { store, reference } = await imageAt(place, host)
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
    })
  })

  it('deletes nothing: a list of ours is shortened and the rest is said', async () => {
    await using place = await workspace()
    await whileServed({ referrersApi: false }, async (host, registry) => {
      const { store, reference } = await imageAt(place, host)
      const image = await store.resolve('v1')
      await pushArtifact(store, { subject: image, artifactType: 'application/scan' })
      registry.setFaults([when(/^DELETE /, () => apiError(405, 'UNSUPPORTED'))])
      const result = await runCli(['clean', '--type', 'referrers', '--yes', reference])
      expect(result).toMatchObject({ code: 0 })
      expect(result.stdout).toContain('unlisted referrer')
      expect(await typesOf(store, image)).toEqual([])
    })
  })
})

describe('assay clean', () => {
  it('takes no tag away on which others have put more since it was looked at', async () => {
    await using place = await workspace()
    await whileServed({}, async (host) => {
      const { store, reference } = await imageAt(place, host)
      const subject = await store.resolve('v1')
      const layer = (signature: string): LegacyLayer => ({
        payload: simpleSigning(subject.digest),
        annotations: { 'dev.cosignproject.cosign/signature': signature },
      })
      await attachLegacy(store, subject, { suffix: 'sig', layers: [layer('AAAA')] })
      const transport = registryTransport()
      const image = await openImage(reference, { connect: async () => ({ transport }) })
      const plan = await planCleaning(
        image,
        { kinds: new Set(['signature']), digests: new Set(), recursive: false },
        {},
      )
      expect(plan.items).toHaveLength(1)
      await attachLegacy(store, subject, { suffix: 'sig', layers: [layer('AAAA'), layer('BBBB')] })
      await expect(plan.remove()).rejects.toMatchObject({ code: 'WRITE_FAILED' })
      expect((await runCli(['download', 'signature', reference])).stdout).toContain('BBBB')
      expect(await runCli(['clean', '--type', 'signatures', '--yes', reference])).toMatchObject({ code: 0 })
      expect(await runCli(['download', 'signature', reference])).toMatchObject({ code: 3 })
    })
  })

  it('keeps a part of the image that is attached to another of its parts', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    const store = await createLayout(place.path('image'))
    const part = await pushArtifact(store, { subject: image.descriptor, artifactType: 'application/part' })
    await pushArtifact(store, { subject: image.descriptor, artifactType: 'application/scan' })
    await store.tag(await pushIndex(store, [image.descriptor, part]), 'index')
    const reference = `oci:${place.path('image')}:index`
    const result = await runCli(['clean', '--type', 'all', '-r', '--yes', reference])
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(result.stdout).not.toContain(part.digest)
    const after = openLayout(place.path('image'))
    expect(await typesOf(after, image.descriptor)).toEqual(['application/part'])
    expect((await runCli(['copy', reference, `oci:${place.path('whole')}`])).code).toBe(0)
  })

  it('of two repositories that have a tag takes away what was seen, and only that', async () => {
    await using place = await workspace()
    await whileServed({}, async (host) => {
      const { store, reference } = await imageAt(place, host)
      const subject = await store.resolve('v1')
      const other = openRepository({ host, repository: 'c/d' }, { transport: registryTransport() })
      const attached = async (to: ContentStore, signature: string): Promise<void> => {
        const annotations = { 'dev.cosignproject.cosign/signature': signature }
        const layers = [{ payload: simpleSigning(subject.digest), annotations }]
        await attachLegacy(to, subject, { suffix: 'sig', layers })
      }
      await attached(store, 'AAAA')
      await attached(other, 'BBBB')
      const env = { COSIGN_REPOSITORY: `${host}/c/d` }
      expect(await runCli(['clean', '--type', 'all', '--yes', reference], { env })).toMatchObject({ code: 0 })
      expect((await runCli(['download', 'signature', reference])).stdout).toContain('AAAA')
    })
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
    const { store, reference } = await imageAt(place, registry.host)
    const { image } = await attachedScene(store, place, reference)
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
