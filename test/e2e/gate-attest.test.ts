import { policySetHash } from '@assay/core'
import { ask, attest, referrersOf, summariesOf, verifier } from '@assay/test-support/attest-scene'
import { gateScene, keyAuthority, scenePolicy } from '@assay/test-support/gate-scene'
import { describe, expect, test } from 'vitest'
import { buildImage, buildIndex, pushImage } from '../support/image-builder.ts'

describe('a verification summary', () => {
  test('names the image, the verifier, the time, the policies, what counted and the levels', async () => {
    const scene = await gateScene()
    await scene.sign()
    const asked = await ask(scene, scenePolicy(`authorities: [${keyAuthority(scene)}]`))
    const hex = scene.image.digest.slice('sha256:'.length)
    const [input] = await referrersOf(scene)
    const report = await attest(scene, asked)
    expect(report.decisions).toMatchObject([{ summary: { result: 'PASSED' } }])
    expect(await summariesOf(scene)).toMatchObject([
      {
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name: 'registry.test/acme/app', digest: { sha256: hex } }],
        predicateType: 'https://slsa.dev/verification_summary/v1',
        predicate: {
          verifier,
          timeVerified: '2026-06-01T13:00:00Z',
          resourceUri: 'oci://registry.test/acme/app',
          policy: { uri: 'https://policy.example', digest: { sha256: policySetHash(asked.set) } },
          inputAttestations: [{ digest: { sha256: input?.digest.slice('sha256:'.length) } }],
          verificationResult: 'PASSED',
          verifiedLevels: ['SLSA_BUILD_LEVEL_UNEVALUATED'],
        },
      },
    ])
  })

  test('is about the images of an index, too', async () => {
    const scene = await gateScene()
    const platform = { os: 'linux', architecture: 'arm64' }
    const child = await buildImage({ layers: [], platform })
    const root = await pushImage(scene.repository, buildIndex([{ image: child, platform }]), 'multi')
    await scene.sign({}, root)
    const asked = await ask(
      scene,
      scenePolicy(`authorities: [${keyAuthority(scene)}]`),
      'registry.test/acme/app:multi',
    )
    await attest(scene, asked)
    const subject = [root.digest, child.descriptor.digest].map((digest) => ({
      digest: { sha256: digest.slice(7) },
    }))
    expect(await summariesOf(scene, root.digest)).toMatchObject([{ subject }])
  })

  test('has the levels of provenance that a rule was met by', async () => {
    const scene = await gateScene()
    const workflow = 'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1'
    const identity = {
      subject: workflow,
      issuer: 'https://token.actions.githubusercontent.com',
      extensions: {
        '9': workflow,
        '11': 'github-hosted',
        '12': 'https://github.com/acme/app',
        '14': 'refs/tags/v1',
      },
    }
    const predicate = {
      buildDefinition: {
        buildType: 'https://actions.github.io/buildtypes/workflow/v1',
        externalParameters: {
          workflow: { repository: 'https://github.com/acme/app', ref: 'refs/tags/v1', path: 'x' },
        },
        resolvedDependencies: [],
      },
      runDetails: { builder: { id: 'https://github.com/actions/runner/github-hosted' } },
    }
    await scene.attest('slsaprovenance1', predicate, { identity })
    const policy = scenePolicy(
      `authorities: [{keyless: {identities: [{issuer: '${identity.issuer}', subject: '${workflow}'}]}, attestations: [{name: a, predicateType: https://slsa.dev/provenance/v1, slsa: {minLevel: 1}}]}]`,
    )
    await attest(scene, await ask(scene, policy))
    expect(await summariesOf(scene)).toMatchObject([
      { predicate: { verifiedLevels: ['SLSA_BUILD_LEVEL_2'] } },
    ])
  })
})
