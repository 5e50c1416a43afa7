import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { password, plainImage, services, workspace } from '../support/workspace.ts'

const since = 'api-version=1,start-time=2025-01-01T00:00:00Z,operator=acme.test'

describe('assay signing-config create', () => {
  it('writes a document that signs', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    await place.keys()
    const { url } = JSON.parse(await place.read('signing_config.json')).rekorTlogUrls[0]
    const file = place.path('made.json')
    const create = ['signing-config', 'create', '--out', file, '--fulcio', `url=${url},${since}`]
    const logs = ['--rekor', `url=${url},${since}`, '--tsa', `url=${url}/api/v1/timestamp,${since}`]
    expect(await runCli([...create, ...logs, '--rekor-config', 'EXACT:1'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    })
    const sign = ['sign', '--key', place.path('release.key'), '--signing-config', file]
    const trust = ['--trusted-root', place.path('trusted_root.json')]
    const signed = await runCli([...sign, ...trust, image.reference], { env: password })
    expect(signed).toMatchObject({ code: 0, stderr: '' })
    expect(sigstore.sigstore.requests).toHaveLength(2)
  })

  it('prints to stdout without --out', async () => {
    const made = await runCli(['signing-config', 'create', '--rekor', `url=https://rekor.test,${since}`])
    expect(made.code).toBe(0)
    expect(JSON.parse(made.stdout)).toMatchObject({
      mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
      rekorTlogUrls: [{ url: 'https://rekor.test', majorApiVersion: 1, operator: 'acme.test' }],
    })
  })

  const bad: readonly (readonly [string, readonly string[]])[] = [
    ['no start time', ['--rekor', 'url=https://rekor.test,api-version=1']],
    ['plain http', ['--rekor', `url=http://rekor.test,${since}`]],
    ['an unknown field', ['--rekor', `url=https://rekor.test,${since},colour=red`]],
    ['a field twice', ['--rekor', `url=https://rekor.test,url=https://other.test,${since}`]],
    ['an unknown selection', ['--rekor-config', 'SOME']],
    ['EXACT of nothing', ['--tsa-config', 'EXACT:0']],
    [
      'a version that is no number',
      ['--tsa', 'url=https://t.test,api-version=x,start-time=2025-01-01T00:00:00Z'],
    ],
  ]
  for (const [title, flags] of bad) {
    it(`refuses ${title}, and writes nothing`, async () => {
      const made = await runCli(['signing-config', 'create', ...flags])
      expect(made).toMatchObject({ code: 2, stdout: '' })
    })
  }
})
