import { gateScene, keyAuthority, scenePolicy } from '@assay/test-support/gate-scene'
import { describe, expect, test } from 'vitest'
import { buildImage, buildIndex, pushImage } from '../support/image-builder.ts'

describe('I-07: several platforms', () => {
  test('the index is signed: allowed by its digest; a child alone is not', async () => {
    const scene = await gateScene()
    const child = await buildImage({ layers: [], platform: { os: 'linux', architecture: 'arm64' } })
    const index = buildIndex([{ image: child, platform: { os: 'linux', architecture: 'arm64' } }])
    const root = await pushImage(scene.repository, index, 'multi')
    const policy = scenePolicy(`authorities: [${keyAuthority(scene)}]`)
    const references = ['registry.test/acme/app:multi', `registry.test/acme/app@${child.descriptor.digest}`]
    await scene.sign({}, root)
    const bySigned = await scene.ask(policy, { references })
    expect(bySigned.decisions.map(({ verdict }) => verdict)).toEqual(['allow', 'deny'])
  })

  test('a child is signed: its index is not', async () => {
    const scene = await gateScene()
    const child = await buildImage({ layers: [], platform: { os: 'linux', architecture: 'arm64' } })
    const index = buildIndex([{ image: child, platform: { os: 'linux', architecture: 'arm64' } }])
    await pushImage(scene.repository, index, 'multi')
    await scene.sign({}, child.descriptor)
    const policy = scenePolicy(`authorities: [${keyAuthority(scene)}]`)
    const references = ['registry.test/acme/app:multi', `registry.test/acme/app@${child.descriptor.digest}`]
    const report = await scene.ask(policy, { references })
    expect(report.decisions.map(({ verdict }) => verdict)).toEqual(['deny', 'allow'])
  })

  test('a child that its digest alone refuses: its index is not allowed where all images count', async () => {
    const scene = await gateScene()
    const platform = { os: 'linux', architecture: 'arm64' }
    const child = await buildImage({ layers: [], platform })
    const root = await pushImage(scene.repository, buildIndex([{ image: child, platform }]), 'multi')
    const refused = `**@${child.descriptor.digest}`
    const policy = [
      scenePolicy('authorities: [{static: {action: pass}}]'),
      `apiVersion: assay.dev/v1alpha1\nkind: ClusterImagePolicy\nmetadata: {name: bad}\nspec: {images: [{glob: '${refused}'}], authorities: [{static: {action: fail}}]}`,
    ].join('\n---\n')
    const references = [`registry.test/acme/app@${root.digest}`]
    const report = await scene.ask(policy, { references, platforms: 'all' })
    expect(report.decisions).toMatchObject([
      { verdict: 'allow', subject: root.digest },
      { verdict: 'deny', subject: child.descriptor.digest, partOf: root.digest },
    ])
    expect(report.verdict).toBe('deny')
  })
})
