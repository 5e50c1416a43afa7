import { noLanguages, parsePolicyFiles, runPolicyTest } from '@assay/core'
import { gateScene, keyAuthority, scenePolicy } from '@assay/test-support/gate-scene'
import { expect, test } from 'vitest'
import { buildImage, buildIndex, pushImage } from '../support/image-builder.ts'

test('where all images of an index count, a policy test answers as the gate does: the worst of them', async () => {
  const scene = await gateScene()
  const platform = { os: 'linux', architecture: 'arm64' }
  const child = await buildImage({ layers: [], platform })
  const root = await pushImage(scene.repository, buildIndex([{ image: child, platform }]), 'multi')
  await scene.sign({}, root)
  const text = scenePolicy(`authorities: [${keyAuthority(scene)}]`)
  const { policies, broken, trustRoots } = parsePolicyFiles([{ name: 'p.yaml', text }])
  const answers = async (platforms: 'index' | 'all') => {
    const [result] = await runPolicyTest({
      test: {
        name: 't',
        file: 't.yaml',
        policies: ['p.yaml'],
        cases: [{ name: 'c', at: { line: 1, column: 1 }, recording: 'r', expect: 'allow', because: [] }],
      },
      set: { policies, broken, noMatch: 'deny', platforms },
      trustRoots,
      languages: noLanguages,
      open: async () => ({
        manifest: {
          image: 'registry.test/acme/app:multi',
          digest: root.digest,
          recordedAt: scene.io.now,
          trustRoot: root.digest,
          layers: true,
          index: root.digest,
          sources: [],
          programs: [],
        },
        trustRoot: await scene.io.trustRoot(undefined),
        image: scene.repository,
        sources: new Map(),
        programs: new Map(),
      }),
    })
    return result
  }
  expect(await answers('index')).toMatchObject({ status: 'passed' })
  expect(await answers('all')).toMatchObject({
    status: 'failed',
    decision: { verdict: 'deny', subject: child.descriptor.digest, partOf: root.digest },
  })
})
