import { runCli, type CliRun } from '@assay/test-support/cli'
import type { ImageDescription } from '@assay/test-support/image-builder'
import { elfProgram } from '@assay/test-support/inspect'
import { password, workspace } from '@assay/test-support/workspace'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const tls = { createdBy: 'tls', entries: [{ kind: 'file', path: 'etc/ssl/ca.crt', content: 'ca' }] } as const
const users = { createdBy: 'users', entries: [{ kind: 'file', path: 'etc/x', content: '1' }] } as const
const app = {
  createdBy: 'app',
  entries: [{ kind: 'file', path: 'app', content: elfProgram(), mode: 0o755 }],
} as const
const shell = {
  createdBy: 'shell',
  entries: [{ kind: 'file', path: 'bin/sh', content: elfProgram('GNU bash, version %s'), mode: 0o755 }],
} as const
const config = { User: '1', Cmd: ['/app'] }

type Scene = AsyncDisposable & {
  readonly place: Awaited<ReturnType<typeof workspace>>
  readonly base: string
  readonly inspect: (image: string, ...more: readonly string[]) => Promise<CliRun>
}

/** A base of two layers that is signed with a key. */
async function scene(): Promise<Scene> {
  const place = await workspace()
  await place.keys()
  const { reference } = await place.image('base', { layers: [tls, users] })
  const signed = await runCli(
    ['sign', '--key', place.path('release.key'), '--tlog-upload=false', reference],
    { env: password },
  )
  if (signed.code !== 0) throw new Error(signed.stderr)
  const demand = ['--key', place.path('release.pub'), '--insecure-ignore-tlog']
  return {
    place,
    base: reference,
    inspect: async (image, ...more) =>
      await runCli(['inspect', '--no-cache', '--base', reference, ...demand, ...more, image]),
    [Symbol.asyncDispose]: async () => await place[Symbol.asyncDispose](),
  }
}

interface Document {
  readonly ok: boolean
  readonly verdict: string
  readonly base: { readonly status: string; readonly platforms: readonly { readonly why?: string }[] }
}

describe('assay inspect --base', () => {
  let at: Scene
  let images = 0
  const image = async (description: ImageDescription): ReturnType<Scene['place']['image']> =>
    await at.place.image(`image-${++images}`, description)

  beforeAll(async () => {
    at = await scene()
  })
  afterAll(async () => await at[Symbol.asyncDispose]())

  test('says that an image is made on a base that is signed, by whom, and what was weakened', async () => {
    const { reference } = await image({ config, layers: [tls, users, app] })
    const text = await at.inspect(reference)
    expect(text).toMatchObject({ code: 0, stderr: '' })
    expect(text.stdout).toMatch(/base {8}VERIFIED: oci:.*, the lowest 2 layers, signed with key/)
    expect(text.stdout).toContain('WEAKENED: transparency log ignored')
    const document: Document = JSON.parse((await at.inspect(reference, '-o', 'json')).stdout)
    expect(document).toMatchObject({
      ok: true,
      base: { status: 'verified', platforms: [{ same: true, layers: 2 }] },
    })
    expect((await at.inspect(reference, '-o', 'html')).stdout).toContain('VERIFIED: oci:')
  })

  test('never raises the verdict', async () => {
    const { reference } = await image({ config, layers: [tls, users, app, shell] })
    const run = await at.inspect(reference, '-o', 'json', '--require-distroless', 'effective')
    expect(run.code).toBe(1)
    expect(JSON.parse(run.stdout)).toMatchObject({ verdict: 'no', base: { status: 'verified' } })
  })

  test.each([
    ['a layer that is another one', [tls, shell, app], 'layer 1 is another one'],
    ['the layers in another order', [users, tls, app], 'layer 0 is another one'],
    ['fewer layers than the base', [tls], 'it has 1 layers, the base has 2'],
    [
      'the same content in another compression',
      [tls, { ...users, compression: 'none' }],
      'layer 1 is another one',
    ],
  ] as const)('is no for %s', async (_, layers, why) => {
    const { reference } = await image({ config, layers })
    const run = await at.inspect(reference, '-o', 'json')
    expect(run.code).toBe(1)
    const document: Document = JSON.parse(run.stdout)
    expect(document).toMatchObject({ ok: false, base: { status: 'different' } })
    expect(document.base.platforms.map((match) => match.why)).toEqual([why])
    expect((await at.inspect(reference)).stdout).toContain(why)
    const sarif = await at.inspect(reference, '-o', 'sarif')
    expect(sarif.code).toBe(1)
    expect(sarif.stdout).toContain(why)
  })

  test('is no for a base of another platform, and for one whose config lies about its content', async () => {
    const platform = { os: 'linux', architecture: 'arm64' }
    const other = await image({ config, platform, layers: [tls, users, app] })
    const run = await at.inspect(other.reference)
    expect(run.code).toBe(1)
    expect(run.stdout).toContain('the base has no image for linux/arm64')
    const lying = await image({
      layers: [tls, users],
      configOverrides: {
        rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`, `sha256:${'1'.repeat(64)}`] },
      },
    })
    const line = ['sign', '--key', at.place.path('release.key'), '--tlog-upload=false', lying.reference]
    expect(await runCli(line, { env: password })).toMatchObject({ code: 0 })
    const child = await image({ config, layers: [tls, users, app] })
    const demand = ['--key', at.place.path('release.pub'), '--insecure-ignore-tlog']
    const told = await runCli(['inspect', '--base', lying.reference, ...demand, child.reference])
    expect(told.code).toBe(1)
    expect(told.stdout).toContain('layer 0 is not what the config of the base says')
  })

  test('is no for a base that nobody signed, or somebody else, whatever its layers are', async () => {
    const bare = await image({ layers: [tls, users], annotations: { a: 'b' } })
    const child = await image({ config, layers: [tls, users, app] })
    const demand = ['--key', at.place.path('release.pub'), '--insecure-ignore-tlog']
    const run = await runCli(['inspect', '--base', bare.reference, ...demand, child.reference])
    expect(run.code).toBe(1)
    expect(run.stdout).toContain('is not signed as demanded')
    expect(run.stdout).not.toMatch(/base +VERIFIED/)
    // Without --insecure-ignore-tlog the signature lacks its log entry.
    const strict = ['--key', at.place.path('release.pub'), '--offline']
    const logged = await runCli(['inspect', '--base', at.base, ...strict, child.reference])
    expect(logged.code).toBe(1)
    expect(logged.stdout).toContain('is not signed as demanded')
  })

  test.each([
    ['flags about a signer without --base', ['--key', 'x.pub'], 'needs --base'],
    ['a switch about a signer without --base', ['--insecure-ignore-tlog'], 'needs --base'],
    ['--base without a signer', ['--base', 'oci:x'], 'who must have signed is missing'],
  ])('refuses %s', async (_, flags, message) => {
    const run = await runCli(['inspect', ...flags, 'oci:y'])
    expect(run.code).toBe(2)
    expect(run.stderr).toContain(message)
  })

  test('cannot tell where the base is not there', async () => {
    const child = await image({ config, layers: [tls, users, app] })
    const demand = ['--key', at.place.path('release.pub'), '--insecure-ignore-tlog']
    const run = await runCli([
      'inspect',
      '--base',
      `oci:${at.place.path('none')}`,
      ...demand,
      child.reference,
    ])
    expect(run).toMatchObject({ code: 3, stdout: '' })
  })
})
