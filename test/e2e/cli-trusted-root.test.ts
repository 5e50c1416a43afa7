import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { authorityFiles } from '../support/authority-files.ts'
import { pemOf } from '../support/sigstore/certificate.ts'
import { hosts } from '../support/sigstore/context.ts'
import { plainImage, releaseIdentity, services, workspace, type Workspace } from '../support/workspace.ts'
import type { VirtualSigstore } from '../support/sigstore/virtual-sigstore.ts'

const since = 'start-time=2025-01-01T00:00:00Z'

/** The flags for the files that an operator has. */
async function described(place: Workspace, sigstore: VirtualSigstore): Promise<readonly string[]> {
  await authorityFiles(place, sigstore)
  const origin = new URL(hosts.rekorV2).hostname
  return [
    ['--fulcio', `url=${hosts.fulcio},certificate-chain=${place.path('fulcio.pem')}`],
    ['--tsa', `url=${hosts.tsa},certificate-chain=${place.path('tsa.pem')}`],
    ['--rekor', `url=${hosts.rekorV1},public-key=${place.path('rekor-v1.pub')},${since}`],
    ['--rekor', `url=${hosts.rekorV2},public-key=${place.path('rekor.pub')},${since},origin=${origin}`],
    ['--ctfe', `url=${hosts.ctLog},public-key=${place.path('ctfe.pub')},${since}`],
  ].flat()
}

describe('assay trusted-root create', () => {
  it('writes a document that signatures of the instance verify with, logged in Rekor v1 and v2', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    const flags = await described(place, sigstore.sigstore)
    const made = await runCli(['trusted-root', 'create', '--out', place.path('made.json'), ...flags])
    expect(made).toEqual({ code: 0, stdout: '', stderr: '' })
    const { url } = JSON.parse(await place.read('signing_config.json')).rekorTlogUrls[0]
    const log = `url=${url},${since},operator=acme.test`
    const both = [
      '--rekor',
      `${log},api-version=2`,
      '--rekor',
      `${log.replace('acme', 'other')},api-version=1`,
    ]
    const config = ['--base-config', place.path('signing_config.json'), '--rekor-config', 'ALL']
    const create = ['signing-config', 'create', ...config, ...both, '--out', place.path('both.json')]
    expect(await runCli(create)).toMatchObject({ code: 0, stderr: '' })
    const trust = ['--trusted-root', place.path('made.json')]
    const signing = [
      '--signing-config',
      place.path('both.json'),
      '--identity-token',
      sigstore.token,
      ...trust,
    ]
    const signed = await runCli(['sign', ...signing, image.reference])
    expect(signed).toMatchObject({ code: 0, stderr: '' })
    expect(signed.stdout.match(/logged/g)).toHaveLength(2)
    const verified = await runCli([
      'verify',
      ...releaseIdentity,
      ...trust,
      '--min-logs',
      '2',
      image.reference,
    ])
    expect(verified.code).toBe(0)
  })

  it('refuses what nobody could verify with, and writes nothing', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const flags = await described(place, sigstore.sigstore)
    const { authority } = sigstore.sigstore.services.fulcio
    await place.write('shuffled', [authority.root, authority.intermediate].map(pemOf).join(''))
    await place.write('alone', pemOf(authority.intermediate))
    const chain = (name: string): string => `url=https://ca.test,certificate-chain=${place.path(name)}`
    const log = `url=https://log.test,public-key=${place.path('rekor-v1.pub')}`
    const bad: readonly (readonly [string, readonly string[]])[] = [
      ['MALFORMED_TRUST_ROOT', ['--fulcio', chain('shuffled')]],
      ['MALFORMED_TRUST_ROOT', ['--fulcio', chain('alone')]],
      ['MALFORMED_TRUST_ROOT', ['--fulcio', chain('ctfe.pub')]],
      ['MALFORMED_TRUST_ROOT', ['--tsa', chain('fulcio.pem')]],
      ['MALFORMED_TRUST_ROOT', ['--rekor', `${log},start-time=yesterday`]],
      ['MALFORMED_KEY', ['--rekor', `url=https://log.test,public-key=${place.path('fulcio.pem')},${since}`]],
      ['USAGE', ['--rekor', log]],
      ['USAGE', ['--rekor', `${log},${since},colour=red`]],
      ['USAGE', ['--no-default-rekor', ...flags]],
      ['UNREADABLE_FILE', ['--fulcio', chain('missing')]],
    ]
    for (const [code, wrong] of bad) {
      // oxlint-disable-next-line no-await-in-loop -- two cores: one process after the other
      const made = await runCli(['trusted-root', 'create', ...wrong])
      expect(made).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`[${code}]`) })
    }
  })
})
