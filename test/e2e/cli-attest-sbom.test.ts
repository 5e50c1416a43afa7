import { runCli } from '@assay/test-support/cli'
import { rich, twoPlatforms } from '@assay/test-support/sbom-scene'
import type { TarEntry } from '@assay/test-support/tar-bytes'
import { password, workspace } from '@assay/test-support/workspace'
import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const file = (path: string, content: string): TarEntry => ({ kind: 'file', path, content })

describe('assay attest --generate-sbom', () => {
  test.each([
    ['cyclonedx', 'cyclonedx-json'],
    ['spdxjson', 'spdx-json'],
  ])('signs as %s the SBOM that `assay sbom` prints', async (type, format) => {
    await using place = await workspace()
    const { reference } = await place.image('image', rich)
    await place.keys()
    const bundle = place.path('sbom.bundle.json')
    const sign = ['--key', place.path('release.key'), '--tlog-upload=false', '--bundle', bundle]
    const run = await runCli(['attest', ...sign, '--type', type, '--generate-sbom', reference], {
      env: password,
    })
    expect(run).toMatchObject({ code: 0, stderr: '' })
    const verify = ['--key', place.path('release.pub'), '--insecure-ignore-tlog', '--type', type]
    expect(await runCli(['verify-attestation', ...verify, reference])).toMatchObject({ code: 0 })
    const printed: unknown = JSON.parse((await runCli(['sbom', '--format', format, reference])).stdout)
    expect(predicateIn(await place.read('sbom.bundle.json'))).toEqual(printed)
  })
  test('signs of an index the SBOM of every platform, about that platform', async () => {
    await using place = await workspace()
    const { reference, digests } = await twoPlatforms(place.path('index'))
    await place.keys()
    const sign = ['--key', place.path('release.key'), '--tlog-upload=false', '--output', 'json']
    const run = await runCli(['attest', ...sign, '--type', 'cyclonedx', '--generate-sbom', reference], {
      env: password,
    })
    expect(run).toMatchObject({ code: 0, stderr: '' })
    const { signatures }: { readonly signatures: readonly { readonly subject: string }[] } = JSON.parse(
      run.stdout,
    )
    expect(signatures.map(({ subject }) => subject)).toEqual(digests)
    const one = [
      'attest',
      ...sign,
      '--bundle',
      place.path('b.json'),
      '--type',
      'cyclonedx',
      '--generate-sbom',
      reference,
    ]
    expect(await runCli(one, { env: password })).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('one file holds one bundle'),
    })
    expect(existsSync(place.path('b.json'))).toBe(false)
  })
  test('attaches nothing where the SBOM would have gaps', async () => {
    await using place = await workspace()
    const { reference } = await place.image('image', {
      layers: [{ entries: [file('opt/a.jar', 'nothing')] }],
    })
    await place.keys()
    const line = [
      'attest',
      '--key',
      place.path('release.key'),
      '--tlog-upload=false',
      '--type',
      'cyclonedx',
      '--generate-sbom',
    ]
    expect(await runCli([...line, reference], { env: password })).toMatchObject({ code: 3, stdout: '' })
    expect((await runCli(['tree', reference])).stdout).not.toContain('cyclonedx')
    expect(await runCli([...line, '--allow-incomplete', reference], { env: password })).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('not complete'),
    })
  })
  test.each([
    ['no type', ['--generate-sbom']],
    ['another type', ['--generate-sbom', '--type', 'vuln']],
    ['a predicate too', ['--generate-sbom', '--type', 'cyclonedx', '--predicate', '/nonexistent']],
    [
      '--allow-incomplete without it',
      ['--allow-incomplete', '--type', 'cyclonedx', '--predicate', '/nonexistent'],
    ],
  ])('%s is a wrong request', async (_, flags) => {
    await using place = await workspace()
    const { reference } = await place.image('image', rich)
    await place.keys()
    const line = ['attest', '--key', place.path('release.key'), '--tlog-upload=false', ...flags, reference]
    expect(await runCli(line, { env: password })).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('USAGE'),
    })
  })
})

/** The predicate of the statement in a bundle. */
function predicateIn(bundle: string): unknown {
  const { dsseEnvelope }: { readonly dsseEnvelope: { readonly payload: string } } = JSON.parse(bundle)
  const statement: { readonly predicate: unknown } = JSON.parse(
    Buffer.from(dsseEnvelope.payload, 'base64').toString('utf8'),
  )
  return statement.predicate
}
