import {
  attachmentTag,
  createLayout,
  mediaTypes,
  openLayout,
  openRepository,
  referrersTag,
  registryTransport,
  type Descriptor,
} from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { all, pushArtifact, pushIndex } from '../support/artifacts.ts'
import { attachedScene, imageAt, typesOf, whileServed } from '../support/attached-scene.ts'
import { runCli } from '../support/cli.ts'
import { plainImage, workspace } from '../support/workspace.ts'

const bundle = mediaTypes.sigstoreBundle

describe.each([
  ['with the referrers API', true],
  ['without it', false],
])('assay clean in a registry %s', (_name, referrersApi) => {
  const served = async (work: (host: string) => Promise<void>): Promise<void> =>
    await whileServed({ referrersApi }, work)

  it('removes what is named by its type, and nothing else', async () => {
    await using place = await workspace()
    await served(async (host) => {
      const { store, reference } = await imageAt(place, host)
      const { image, scan } = await attachedScene(store, place, reference)
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
      const { store, reference } = await imageAt(place, host)
      const { image, scan, comment, sbom } = await attachedScene(store, place, reference)
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
      const { store, reference } = await imageAt(place, host)
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

  it('of one platform, named by its digest, takes what is attached to it alone', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    const other = await place.image('image', { ...plainImage, config: { User: '7' } })
    const store = await createLayout(place.path('image'))
    const index = await pushIndex(store, [image.descriptor, other.descriptor], { subject: image.descriptor })
    await store.tag(index, 'index')
    const attach = async (subject: Descriptor): Promise<Descriptor> =>
      await pushArtifact(store, { subject, layer: subject.digest, artifactType: 'application/scan' })
    const [own, others, whole] = [
      await attach(image.descriptor),
      await attach(other.descriptor),
      await attach(index),
    ]
    const reference = `oci:${place.path('image')}@${image.descriptor.digest}`
    const cleaned = await runCli(['clean', '--type', 'all', '--yes', reference])
    const after = openLayout(place.path('image'))
    await expect(after.resolve(own.digest)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    for (const kept of [others, whole, index, image.descriptor, other.descriptor])
      expect((await after.resolve(kept.digest)).digest, cleaned.stdout).toBe(kept.digest)
    expect((await after.resolve('index')).digest).toBe(index.digest)
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
})
