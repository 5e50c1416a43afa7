import { runCli } from '@assay/test-support/cli'
import { workspace } from '@assay/test-support/workspace'
import { expect, test } from 'vitest'

test('assay diff exits 0 for the same, 1 with what differs, 2 without a second image', async () => {
  await using place = await workspace()
  const image = async (name: string, content: string): Promise<string> => {
    const layers = [{ entries: [{ kind: 'file', path: 'etc/a', content }] }] as const
    return (await place.image(name, { layers })).reference
  }
  const [one, same, other] = [await image('one', 'x'), await image('same', 'x'), await image('other', 'y')]
  expect(await runCli(['diff', one, same])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('SAME'),
  })
  const differs = await runCli(['diff', '--output', 'json', one, other])
  expect(differs.code).toBe(1)
  expect(JSON.parse(differs.stdout)).toMatchObject({
    schema: 'assay.diff/v1',
    ok: false,
    platforms: [{ files: [{ name: '/etc/a', before: { size: 1 }, after: { size: 1 } }] }],
  })
  expect((await runCli(['diff', one])).code).toBe(2)
})
