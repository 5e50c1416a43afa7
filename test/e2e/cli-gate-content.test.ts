import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { runCli, type CliRun } from '../support/cli.ts'
import { testRegistry } from '../support/registry.ts'
import { answer } from '../support/registry/answer.ts'
import { when } from '../support/registry/faults.ts'
import { password, plainImage, workspace, type Workspace } from '../support/workspace.ts'

interface Scene extends AsyncDisposable {
  readonly place: Workspace
  readonly host: string
  readonly registry: ReturnType<typeof testRegistry>
  /** Asks about the image with a policy of this name. */
  readonly ask: (name: string, config?: string, image?: string) => Promise<CliRun>
  /** The paths that were asked for since the last time. */
  readonly asked: () => readonly string[]
  readonly kept: string
}

async function scene(): Promise<Scene> {
  const place = await workspace()
  const registry = testRegistry()
  const served = await registry.serve()
  const { host } = served
  const image = await place.image('image', plainImage)
  await place.keys()
  const app = `${host}/app:1`
  await runCli(['copy', image.reference, app])
  const key = ['--key', place.path('release.key'), '--tlog-upload=false']
  await runCli(['sign', ...key, app], { env: password })
  const pem = (await place.read('release.pub')).trim().replaceAll('\n', '\\n')
  await mkdir(place.path('home'), { mode: 0o700 })
  let seen = registry.log.length
  return {
    place,
    host,
    registry,
    ask: async (name, config = '', reference = app) => {
      seen = registry.log.length
      const policy = `${config}apiVersion: assay.dev/v1alpha1\nkind: ClusterImagePolicy\nmetadata: {name: ${name}}\nspec: {images: [{glob: '**'}], authorities: [{key: {data: "${pem}"}}]}\n`
      const file = await place.write('policy.yaml', policy)
      return await runCli(['gate', '--policy', file, reference], { env: { HOME: place.path('home') } })
    },
    asked: () => registry.log.slice(seen).map(({ path }) => path),
    kept: place.path('home/.cache/assay/content'),
    [Symbol.asyncDispose]: async () => {
      await served.close()
      await place[Symbol.asyncDispose]()
    },
  }
}

function configFile(spec: string): string {
  return `apiVersion: assay.dev/v1alpha1\nkind: GateConfig\nmetadata: {name: g}\nspec: ${spec}\n---\n`
}

const withoutWarnings = ({ stderr }: CliRun): string =>
  stderr.replaceAll(/^warning: .*policy\.yaml:.*\n/gm, '')

describe('what assay gate fetched', () => {
  it('is not fetched again for other policies; who may read, and what is attached, is asked each time', async () => {
    await using at = await scene()
    expect((await at.ask('one')).code).toBe(0)
    expect(at.asked().some((path) => path.includes('/blobs/'))).toBe(true)
    const other = await at.ask('two')
    expect([other.code, withoutWarnings(other)]).toEqual([0, ''])
    const asked = at.asked()
    expect(asked.filter((path) => path.includes('/blobs/'))).toEqual([])
    expect(asked).toContain('/v2/app/manifests/1')
    expect(asked.some((path) => path.includes('/referrers/'))).toBe(true)
    at.registry.setFaults([when(/\/manifests\/1$/, () => answer(401))])
    expect((await at.ask('three')).code).toBe(3)
  })

  it('A-77: is fetched again where somebody changed it, and that is said', async () => {
    await using at = await scene()
    await at.ask('one')
    for (const name of await readdir(at.kept)) {
      const file = `${at.kept}/${name}`
      const bytes = await readFile(file)
      bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1
      await writeFile(file, bytes)
    }
    const run = await at.ask('two')
    expect([run.code, run.stderr.includes('it is fetched again')]).toEqual([0, true])
    expect(at.asked().some((path) => path.includes('/blobs/'))).toBe(true)
    const healed = await at.ask('three')
    expect([healed.code, withoutWarnings(healed)]).toEqual([0, ''])
  })

  it('is fetched again where it was taken away, and where others could have put it there', async () => {
    await using at = await scene()
    await at.ask('one')
    for (const name of await readdir(at.kept)) await rm(`${at.kept}/${name}`)
    const again = await at.ask('two')
    expect([again.code, withoutWarnings(again)]).toEqual([0, ''])
    await chmod(at.kept, 0o777)
    const open = await at.ask('three')
    expect([open.code, open.stderr.includes('UNSAFE_FACTS')]).toEqual([0, true])
    expect(at.asked().some((path) => path.includes('/blobs/'))).toBe(true)
  })

  it('is kept where a GateConfig says, or not at all', async () => {
    await using at = await scene()
    expect((await at.ask('one', configFile('{cache: {enabled: false}}'))).code).toBe(0)
    await expect(readdir(at.kept)).rejects.toThrow('ENOENT')
    const folder = at.place.path('home/build-cache')
    expect((await at.ask('two', configFile(`{cache: {directory: ${folder}}}`))).code).toBe(0)
    await expect(readdir(at.kept)).rejects.toThrow('ENOENT')
    expect((await readdir(folder)).toSorted()).toEqual(['content', 'decisions', 'facts'])
  })
})

describe('the mirrors of a GateConfig', () => {
  it('are where images are read; the names stay, and --mirror stands instead of them', async () => {
    await using at = await scene()
    const mirrors = configFile(
      `{mirrors: [{from: origin.example/team, to: ${at.host}}], cache: {enabled: false}}`,
    )
    const run = await at.ask('one', mirrors, 'origin.example/team/app:1')
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining('ALLOW origin.example/team/app:1')])
    const flags = ['--mirror', `other.example=${at.host}`, '--timeout', '3s']
    const flagged = async (image: string): Promise<number | null> =>
      (await runCli(['gate', '--policy', at.place.path('policy.yaml'), ...flags, image])).code
    expect([await flagged('other.example/app:1'), await flagged('origin.example/team/app:1')]).toEqual([0, 3])
  })
})
