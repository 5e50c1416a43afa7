import { sign } from 'node:crypto'
import { openRepository } from '@assay/registry'
import { gateScene, keyAuthority, scenePolicy, type GateScene } from '@assay/test-support/gate-scene'
import { describe, expect, test } from 'vitest'
import { openImage } from '../../packages/core/src/source/open-image.ts'
import { attachLegacy, simpleSigning } from '../support/legacy-signatures.ts'

/** A scene whose image is signed under a tag with a prefix, in a repository. */
async function signedUnder(tagPrefix: string, repository = 'acme/app'): Promise<GateScene> {
  const scene = await gateScene()
  const { host, transport } = scene.registry
  const payload = simpleSigning(scene.image.digest)
  const signature = sign('sha256', payload, scene.keys.privateKey).toString('base64')
  const annotations = { 'dev.cosignproject.cosign/signature': signature }
  await attachLegacy(openRepository({ host, repository }, { transport }), scene.image, {
    suffix: 'sig',
    layers: [{ payload, annotations }],
    tagPrefix,
  })
  return scene
}

function policyFor(scene: GateScene, source: string): string {
  const authority = keyAuthority(scene, source).replace(', ctlog: {}', '')
  return scenePolicy(`authorities: [${authority}]`)
}

describe('tagPrefix', () => {
  test('names the tags under which signatures are, and no others', async () => {
    const scene = await signedUnder('team-')
    const ask = async (source: string): Promise<string> => (await scene.ask(policyFor(scene, source))).verdict
    expect([
      await ask(', source: [{tagPrefix: team-}]'),
      await ask(', source: [{tagPrefix: other-}]'),
      await ask(''),
    ]).toEqual(['allow', 'deny', 'deny'])
  })

  test('goes with a repository of signatures', async () => {
    const scene = await signedUnder('team-', 'acme/signatures')
    const policy = policyFor(scene, ', source: [{oci: registry.test/acme/signatures, tagPrefix: team-}]')
    expect((await scene.ask(policy)).verdict).toBe('allow')
    const { transport, host } = scene.registry
    const attachments = { kind: 'registry', host, repository: 'acme/signatures', text: '' } as const
    const openThere: GateScene['io']['openImage'] = async (reference, call) =>
      await openImage(reference, { connect: async () => ({ transport }), attachments }, call)
    const io = { openImage: openThere }
    const report = await scene.ask(policyFor(scene, ', source: [{tagPrefix: team-}]'), { io })
    expect(report.verdict).toBe('allow')
  })

  test('that no tag begins with leaves the question open', async () => {
    const scene = await signedUnder('team-')
    const own = policyFor(scene, ', source: [{tagPrefix: "!!"}]')
    const compat = own.replace('assay.dev/v1alpha1', 'policy.sigstore.dev/v1beta1').replace(', ctlog: {}', '')
    const report = await scene.ask(compat)
    expect([report.verdict, JSON.stringify(report).includes('NOT_SUPPORTED')]).toEqual(['undecided', true])
  })
})
