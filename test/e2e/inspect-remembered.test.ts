import { appendFile, chmod, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runCli, type CliRun } from '@assay/test-support/cli'
import { elfProgram } from '@assay/test-support/inspect'
import { workspace } from '@assay/test-support/workspace'
import { expect, test } from 'vitest'

const layers = [
  { entries: [{ kind: 'file', path: 'opt/tool', content: elfProgram('GNU bash, version %s'), mode: 0o755 }] },
  { entries: [{ kind: 'file', path: 'etc/passwd', content: 'root:x:0:0::/:\n' }] },
] as const

interface Scene {
  readonly facts: string
  readonly inspect: (...more: readonly string[]) => Promise<CliRun>
}

async function scene(place: Awaited<ReturnType<typeof workspace>>): Promise<Scene> {
  const { reference } = await place.image('image', { layers })
  const env = {
    XDG_CACHE_HOME: join(place.directory, 'cache'),
    XDG_STATE_HOME: join(place.directory, 'state'),
  }
  return {
    facts: join(env.XDG_CACHE_HOME, 'assay', 'facts'),
    inspect: async (...more) => await runCli(['inspect', '--output', 'json', ...more, reference], { env }),
  }
}

test('assay inspect answers the same from memory, with processes side by side, and with --no-cache', async () => {
  await using place = await workspace()
  const { facts, inspect } = await scene(place)
  const plain = await inspect('--no-cache')
  expect(plain).toMatchObject({ code: 0, stderr: '' })
  await expect(readdir(facts)).rejects.toThrow('ENOENT')
  const together = await Promise.all([inspect(), inspect(), inspect()])
  expect(together).toEqual([plain, plain, plain])
  // Both layers, and the report.
  expect((await readdir(facts)).length).toBe(3)
  expect(await inspect()).toEqual(plain)
})

test('A-77: assay inspect says that a remembered layer was changed, and reads the layer', async () => {
  await using place = await workspace()
  const { facts, inspect } = await scene(place)
  const first = await inspect()
  for (const name of await readdir(facts)) await appendFile(join(facts, name), 'x')
  const second = await inspect()
  expect(second.stdout).toBe(first.stdout)
  expect(second.stderr).toContain('warning: layers are read again')
  expect(second.stderr).toContain('BROKEN_FACTS')
  expect(await inspect()).toEqual(first)
})

test('assay inspect does without a directory that others can change, and says so', async () => {
  await using place = await workspace()
  const { facts, inspect } = await scene(place)
  await mkdir(facts, { recursive: true })
  await chmod(facts, 0o777)
  const run = await inspect()
  expect(run.code).toBe(0)
  expect(run.stderr).toContain('UNSAFE_FACTS')
  expect(await readdir(facts)).toEqual([])
})

test('assay sbom writes the same from memory, which --no-cache does not touch', async () => {
  await using place = await workspace()
  const { reference } = await place.image('image', { layers })
  const env = { XDG_CACHE_HOME: place.path('cache'), XDG_STATE_HOME: place.path('state') }
  const sbom = async (...more: readonly string[]): Promise<CliRun> =>
    await runCli(['sbom', ...more, reference], { env })
  const facts = place.path('cache/assay/facts')
  const plain = await sbom('--no-cache')
  expect(plain).toMatchObject({ code: 0, stderr: '' })
  await expect(readdir(facts)).rejects.toThrow('ENOENT')
  expect(await sbom()).toEqual(plain)
  expect(await sbom()).toEqual(plain)
  // What it reads is what it kept.
  for (const kept of await readdir(facts)) await appendFile(join(facts, kept), 'x')
  const warned = await sbom()
  expect(warned.stdout).toBe(plain.stdout)
  expect(warned.stderr).toContain('BROKEN_FACTS')
})
