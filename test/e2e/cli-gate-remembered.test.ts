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

  it('A-77: is not believed once somebody changed it, cut it, or put it under another name', async () => {
    await using at = await scene()
    await at.ask()
    const [file = ''] = await at.entries()
    const good = await readFile(file)
    const flipped = Buffer.from(good)
    flipped[flipped.length - 20] = (flipped[flipped.length - 20] ?? 0) ^ 1
    const longer = Buffer.from(good)
    // The time until which it holds, behind the magic and the tag.
    longer.writeDoubleBE(1e15, 'assay facts 1\n'.length + 32)
    for (const bytes of [flipped, longer, good.subarray(0, good.length - 1), Buffer.alloc(0)]) {
      await writeFile(file, bytes)
      const before = at.requests()
      const run = await at.ask()
      expect([run.code, at.requests() > before]).toEqual([0, true])
      expect(run.stderr).toContain('warning: images are looked at again')
    }
    // An entry of another question.
    await at.ask([], distroless.replace('base', 'other'))
    const names = await at.entries()
    const other = names.find((name) => name !== file) ?? ''
    await writeFile(other, await readFile(file))
    const swapped = await at.ask([], distroless.replace('base', 'other'))
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
