import { createLayout } from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { buildImage, buildIndex, pushImage } from '../support/image-builder.ts'
import { password, plainImage, workspace, type Workspace } from '../support/workspace.ts'

/** An index in an index, with a platform in each; by reference, the outermost first. */
async function nestedIndex(place: Workspace): Promise<readonly string[]> {
  const [amd64, arm64] = await Promise.all(
    ['amd64', 'arm64'].map((architecture) =>
      buildImage({ ...plainImage, platform: { os: 'linux', architecture } }),
    ),
  )
  if (amd64 === undefined || arm64 === undefined) throw new Error('two images were built')
  const inner = buildIndex([{ image: arm64, platform: { os: 'linux', architecture: 'arm64' } }])
  const outer = buildIndex([
    { image: amd64, platform: { os: 'linux', architecture: 'amd64' } },
    { image: inner },
  ])
  await pushImage(await createLayout(place.path('index')), outer, 'test')
  return [outer, inner, arm64, amd64].map(
    ({ descriptor }) => `oci:${place.path('index')}@${descriptor.digest}`,
  )
}

describe('assay sign of an index', () => {
  it('signs it alone, and with --recursive everything that it lists', async () => {
    await using place = await workspace()
    await place.keys()
    const references = await nestedIndex(place)
    const key = ['--key', place.path('release.key'), '--tlog-upload=false']
    const tag = `oci:${place.path('index')}:test`
    const codes = async (): Promise<readonly (number | null)[]> => {
      const verify = ['verify', '--key', place.path('release.pub'), '--insecure-ignore-tlog']
      const runs = await Promise.all(references.map((reference) => runCli([...verify, reference])))
      return runs.map(({ code }) => code)
    }
    expect(await runCli(['sign', ...key, tag], { env: password })).toMatchObject({ code: 0, stderr: '' })
    expect(await codes()).toEqual([0, 1, 1, 1])
    const signed = await runCli(['sign', '-r', ...key, tag], { env: password })
    expect(signed).toMatchObject({ code: 0, stderr: '' })
    // Each by the digest that was signed.
    for (const reference of references) expect(signed.stdout).toContain(reference.split('@')[1])
    expect(await codes()).toEqual([0, 0, 0, 0])
  })
})
