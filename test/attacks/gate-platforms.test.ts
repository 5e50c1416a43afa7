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
})
