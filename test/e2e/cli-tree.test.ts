import { createLayout } from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { pushArtifact, pushBytes } from '../support/artifacts.ts'
import { runCli } from '../support/cli.ts'
import { corpus } from '../support/corpora.ts'
import { testRegistry } from '../support/registry.ts'
import { answer } from '../support/registry/answer.ts'
import { when } from '../support/registry/faults.ts'
import { plainImage, workspace } from '../support/workspace.ts'

const images = corpus('github-signed-images')

describe('assay tree', () => {
  it('shows referrers, what refers to them, and broken bundles, with nothing called verified', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    const store = await createLayout(place.path('image'))
    const scan = await pushArtifact(store, { subject: image.descriptor, artifactType: 'application/scan' })
    const about = await pushArtifact(store, { subject: scan, artifactType: 'application/comment' })
    const bundle = await pushBytes(store, 'application/vnd.dev.sigstore.bundle.v0.3+json', '{"broken":true}')
    const broken = await pushArtifact(store, { subject: image.descriptor, layers: [bundle] })
    const result = await runCli(['tree', image.reference])
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(result.stdout).toContain(
      `├─ referrer ${scan.digest}\n│  │  type application/scan\n│  └─ referrer ${about.digest}`,
    )
    expect(result.stdout).toContain(`└─ referrer ${broken.digest}\n      cannot be read: `)
    expect(result.stdout).toContain('Nothing above was verified')
    const json = await runCli(['tree', '--output', 'json', image.reference])
    expect(JSON.parse(json.stdout)).toMatchObject({
      schema: 'assay.tree/v1',
      ok: true,
      digest: image.descriptor.digest,
      attached: [
        {
          digest: scan.digest,
          unverified: { artifactType: 'application/scan', claims: [] },
          attached: [{ digest: about.digest, attached: [] }],
        },
        { digest: broken.digest, unverified: { claims: [{ kind: 'unreadable' }] } },
      ],
      parts: [],
    })
  })

  it('says that nothing is attached', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    const result = await runCli(['tree', image.reference])
    expect(result.stdout.trim().split('\n').at(-1)).toBe('└─ nothing is attached')
  })

  it('I-08 leaves out what is listed and is about another image', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    const registry = testRegistry()
    const served = await registry.serve()
    try {
      const target = `${served.host}/a/b:1`
      await runCli(['copy', image.reference, target])
      registry.setFaults([
        when(/^GET .*\/referrers\//, () =>
          answer(
            200,
            { 'content-type': 'application/vnd.oci.image.index.v1+json' },
            JSON.stringify({ schemaVersion: 2, manifests: [image.descriptor] }),
          ),
        ),
      ])
      const result = await runCli(['tree', target])
      expect(result).toMatchObject({ code: 0 })
      expect(result.stdout).toContain('nothing is attached')
      registry.setFaults([when(/^GET .*\/referrers\//, () => answer(403))])
      expect((await runCli(['tree', target])).code).toBe(3)
    } finally {
      await served.close()
    }
  })

  it.skipIf(images === undefined)('names the claimed signer of a real attestation', async () => {
    const result = await runCli(['tree', `oci:${images ?? ''}/v2.1.0/container_workflow_dispatch`])
    expect(result.stdout).toContain(
      'claims to be an attestation of slsaprovenance by https://github.com/slsa-framework/',
    )
    expect(result.stdout).toContain('(https://token.actions.githubusercontent.com)')
  })
})
