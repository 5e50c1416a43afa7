import { attachmentTag, openRepository, registryTransport } from '@assay/registry'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pushArtifact, pushBytes } from '../support/artifacts.ts'
import { attachedScene, imageAt, typesOf, whileServed } from '../support/attached-scene.ts'
import { runCli } from '../support/cli.ts'
import { hasDockerRegistry, startDockerRegistry, type DockerRegistry } from '../support/docker-registry.ts'
import { apiError } from '../support/registry/answer.ts'
import { when } from '../support/registry/faults.ts'
import { workspace } from '../support/workspace.ts'

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
