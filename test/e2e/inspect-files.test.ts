import { runCli } from '@assay/test-support/cli'
import { workspace } from '@assay/test-support/workspace'
import { expect, test } from 'vitest'

const layers = [
  {
    entries: [
      { kind: 'file', path: 'etc/a', content: '1' },
      { kind: 'file', path: 'key', content: 'k' },
    ],
  },
  { entries: [{ kind: 'file', path: '.wh.key', content: '' }] },
] as const

test('assay ls prints what a container sees, and with --layers what lower layers still ship', async () => {
  await using place = await workspace()
  const { reference } = await place.image('image', { layers })
  const seen = await runCli(['ls', reference])
  expect(seen.code).toBe(0)
  expect(seen.stdout).toContain('/etc/a')
  expect(seen.stdout).not.toContain('/key')
  const all = await runCli(['ls', '--layers', '--output', 'json', reference, '/key'])
  expect(all.code).toBe(0)
  expect(JSON.parse(all.stdout)).toMatchObject({
    schema: 'assay.files/v1',
    ok: true,
    images: [{ files: [{ path: '/key', state: 'deleted', layer: 0, introduced: 0, deleted: 1 }] }],
  })
})

test('assay ls of a path that is not there exits 1 and says so', async () => {
  await using place = await workspace()
  const { reference } = await place.image('image', { layers })
  const run = await runCli(['ls', reference, '/nowhere'])
  expect(run).toMatchObject({ code: 1, stdout: '' })
  expect(run.stderr).toContain('/nowhere')
})

test('assay inspect --files puts every file of every layer into the JSON, and asks for JSON', async () => {
  await using place = await workspace()
  const { reference } = await place.image('image', { layers })
  const run = await runCli(['inspect', '--output', 'json', '--files', reference])
  expect(run.code).toBe(0)
  const { images }: { images: { files: { path: string; state: string }[] }[] } = JSON.parse(run.stdout)
  expect(images[0]?.files.map(({ path, state }) => `${path} ${state}`)).toEqual([
    '/.wh.key whiteout',
    '/etc present',
    '/etc/a present',
    '/key deleted',
  ])
  expect(await runCli(['inspect', '--files', reference])).toMatchObject({ code: 2, stdout: '' })
})
