import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { plainImage, services, workspace } from '../support/workspace.ts'

const policy = `apiVersion: assay.dev/v1alpha1
kind: ClusterImagePolicy
metadata: {name: release}
spec:
  images: [{glob: '**'}]
  authorities:
    - name: ci
      keyless:
        identities: [{issuer: https://id.acme.test, subject: release@acme.test}]
`

describe('assay explain, of decisions', () => {
  it('decides by policy and shows the tree, and the same from the record of the gate', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    await runCli(['sign', '--identity-token', sigstore.token, ...sigstore.sign, image.reference])
    const file = await place.write('policy.yaml', policy)
    const allowed = await runCli(['explain', '--policy', file, ...sigstore.verify, image.reference])
    expect(allowed).toMatchObject({ code: 0, stderr: '' })
    const [, tree = ''] = allowed.stdout.split('\n\n')
    expect(tree).toContain(
      `ALLOW  ${image.reference}@${image.descriptor.digest}\n└─ policy release (${file}:1), mode enforce: met\n`,
    )
    expect(tree).toContain('signed by release@acme.test\n')
    const json = await runCli(['gate', '--policy', file, ...sigstore.verify, '-o', 'json', image.reference])
    const record = await place.write('decision.json', json.stdout)
    const explained = await runCli(['explain', '--decision', record])
    expect(explained).toMatchObject({ code: 0, stderr: '' })
    expect(explained.stdout.split('\n\n')[1]).toBe(tree)
    expect(explained.stdout).toContain('nothing was fetched or verified')
    await place.write('policy.yaml', policy.replace('subject: release@', 'subject: other@'))
    const denied = await runCli([
      'explain',
      '--policy',
      file,
      ...sigstore.verify,
      '-o',
      'json',
      image.reference,
    ])
    expect(denied.code).toBe(1)
    expect(JSON.parse(denied.stdout)).toMatchObject({ schema: 'assay.explain/v1', ok: false })
    expect(denied.stdout).toContain('[IDENTITY_MISMATCH]')
  })

  it('refuses what is no record, and two questions at once', async () => {
    await using place = await workspace()
    const records: Readonly<Record<string, string>> = {
      '{': 'this is no record',
      '{"schema":"assay.gate/v2"}': 'its schema is',
      '{"schema":"assay.gate/v1","verdict":"allow","decisions":[]}': 'it holds no decision',
      '{"schema":"assay.gate/v1","verdict":"yes","decisions":[{}]}': 'decisions[0].verdict is missing',
    }
    for (const [text, message] of Object.entries(records)) {
      const run = await runCli(['explain', '--decision', await place.write('d.json', text)])
      expect(run.code, text).toBe(2)
      expect(run.stderr, text).toContain(message)
      expect(run.stderr, text).toContain('[MALFORMED_RECORD]')
    }
    const file = await place.write('policy.yaml', policy)
    const both = await runCli(['explain', '--decision', file, '--policy', file])
    expect(both.code).toBe(2)
    expect(both.stderr).toContain('--decision is explained alone')
    expect((await runCli(['explain'])).code).toBe(2)
  })
})
