import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { openRepository, registryTransport } from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { runCli, type CliRun } from '../support/cli.ts'
import { buildImage, pushImage } from '../support/image-builder.ts'
import { testRegistry } from '../support/registry.ts'
import { workspace, type Workspace } from '../support/workspace.ts'

interface Scene extends AsyncDisposable {
  readonly place: Workspace
  readonly ask: (args?: readonly string[], policy?: string) => Promise<CliRun>
  /** How often the image was asked for. */
  readonly requests: () => number
  readonly entries: () => Promise<readonly string[]>
}

const distroless = `apiVersion: assay.dev/v1alpha1
kind: ClusterImagePolicy
metadata: {name: base}
spec: {images: [{glob: '**'}], inspect: {distroless: effective}}
`

async function scene(): Promise<Scene> {
  const place = await workspace()
  const registry = testRegistry()
  const running = await registry.serve()
  const { host } = running
  const store = openRepository(
    { host, repository: 'app' },
    { transport: registryTransport({}), plainHttp: true },
  )
  const entry = { kind: 'file', path: 'app', content: '\u007fELF', mode: 0o755 } as const
  const { digest } = await pushImage(store, await buildImage({ layers: [{ entries: [entry] }] }), '1')
  await mkdir(place.path('home'), { mode: 0o700 })
  const env = { HOME: place.path('home') }
  const kept = place.path('home/.cache/assay/decisions')
  return {
    place,
    ask: async (args = [], policy = distroless) =>
      await runCli(
        ['gate', '--policy', await place.write('policy.yaml', policy), ...args, `${host}/app@${digest}`],
        { env },
      ),
    requests: () => registry.log.length,
    entries: async () => (await readdir(kept)).map((name) => `${kept}/${name}`),
    [Symbol.asyncDispose]: async () => {
      await running.close()
      await place[Symbol.asyncDispose]()
    },
  }
}

function changedAt(good: Buffer, at: number): Buffer {
  const bytes = Buffer.from(good)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return bytes
}

describe('what assay gate remembers', () => {
  it('is what it allowed, for the user alone; --no-cache asks again', async () => {
    await using at = await scene()
    expect(await at.ask()).toMatchObject({ code: 0, stderr: '' })
    const [file = ''] = await at.entries()
    expect([
      (await stat(file)).mode & 0o777,
      (await stat(at.place.path('home/.cache/assay/decisions'))).mode & 0o777,
    ]).toEqual([0o600, 0o700])
    const before = at.requests()
    const again = await at.ask()
    expect([again.code, again.stderr, at.requests() - before]).toEqual([0, '', 0])
    expect(again.stdout).toMatch(/decided {4}at 20\d\d-.*, and remembered/)
    const anew = await at.ask(['--no-cache'])
    expect([anew.code, at.requests() > before]).toEqual([0, true])
    expect(anew.stdout).not.toContain('remembered')
  })

  it('belongs to the policies', async () => {
    await using at = await scene()
    expect((await at.ask()).code).toBe(0)
    const other = await at.ask(
      [],
      distroless.replace('inspect:', 'authorities: [{static: {action: fail}}], inspect:'),
    )
    expect(other.code).toBe(1)
  })

  it.each<[string, (good: Buffer) => Buffer]>([
    ['changed', (good) => changedAt(good, good.length - 20)],
    // The time until which it holds stands behind the magic and the tag.
    ['made to hold for longer', (good) => changedAt(good, 'assay facts 1\n'.length + 32)],
    ['cut', (good) => good.subarray(0, good.length - 1)],
    ['emptied', () => Buffer.alloc(0)],
  ])('A-77: is not believed once somebody has it %s', async (_, spoil) => {
    await using at = await scene()
    await at.ask()
    const [file = ''] = await at.entries()
    await writeFile(file, spoil(await readFile(file)))
    const before = at.requests()
    const run = await at.ask()
    expect([run.code, at.requests() > before]).toEqual([0, true])
    expect(run.stderr).toContain('warning: images are looked at again')
  })

  it('A-77: is not believed under another name', async () => {
    await using at = await scene()
    await at.ask()
    const [file = ''] = await at.entries()
    const policy = distroless.replace('base', 'other')
    await at.ask([], policy)
    const other = (await at.entries()).find((name) => name !== file) ?? ''
    await writeFile(other, await readFile(file))
    const swapped = await at.ask([], policy)
    expect([swapped.code, swapped.stderr]).toEqual([0, expect.stringContaining('looked at again')])
  })

  it('is nothing that was denied', async () => {
    await using at = await scene()
    const strict = distroless.replace(
      'inspect:',
      'requireDigest: true, authorities: [{static: {action: fail}}], inspect:',
    )
    expect((await at.ask([], strict)).code).toBe(1)
    expect(await at.entries()).toEqual([])
  })
})
