import { rm } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { runCli } from '@assay/test-support/cli'
import type { ImageDescription } from '@assay/test-support/image-builder'
import { elfProgram } from '@assay/test-support/inspect'
import { workspace } from '@assay/test-support/workspace'
import { describe, expect, test } from 'vitest'

const gawk = { kind: 'file', path: 'usr/bin/gawk', content: elfProgram('x'), mode: 0o755 } as const
const image: ImageDescription = { layers: [{ entries: [gawk] }], config: { User: '65532' } }
const foreign = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'
const unreadable: readonly (readonly [string, ImageDescription, string])[] = [
  [
    'an encrypted layer',
    { layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted' }] },
    'is not a layer that can be read',
  ],
  [
    'a layer of a media type that nobody knows',
    { layers: [{ mediaType: 'application/vnd.example.rootfs.erofs' }] },
    'application/vnd.example.rootfs.erofs is not a layer that can be read',
  ],
  ['a foreign layer that is not here', { layers: [{ mediaType: foreign }] }, 'the foreign layer is not here'],
  [
    'a limit that is reached',
    { layers: [{ entries: [{ kind: 'file', path: 'd/'.repeat(300), content: '' }] }] },
    'names in a path',
  ],
  ['a layer that is cut', { layers: [{ blob: gzipSync(Buffer.alloc(2048)).subarray(0, 20) }] }, 'TRUNCATED'],
]
const exceptions = (expires: string): string => `exceptions:
  - rule: interpreter
    path: /usr/bin/gawk
    reason: reports are made with it
    expires: ${expires}
`

describe('assay inspect exits with', () => {
  test.each([
    ['0 without a threshold', [], 0],
    ['1 below the required verdict', ['--require-distroless', 'effective'], 1],
    ['1 at the threshold', ['--fail-on', 'high'], 1],
    ['0 above it', ['--fail-on', 'critical'], 0],
    ['1 for a program that nothing explains', ['--require-accounted'], 1],
    ['2 for an unknown runtime', ['--declare', 'cobol'], 2],
    ['2 for an unknown severity', ['--fail-on', 'bad'], 2],
    ['2 for a list that is not there', ['--exceptions', '/nonexistent'], 2],
  ])('%s', async (_, flags, code) => {
    await using place = await workspace()
    const { reference } = await place.image('image', image)
    expect((await runCli(['inspect', ...flags, reference])).code).toBe(code)
  })
  test.each(unreadable)('3 for %s, whatever is asked', async (_, description, reason) => {
    await using place = await workspace()
    const { reference, blobs } = await place.image('image', description)
    const absent = blobs.find(({ descriptor }) => descriptor.mediaType === foreign)?.descriptor.digest
    if (absent !== undefined) await rm(place.path(`image/blobs/${absent.replace(':', '/')}`))
    for (const flags of [[], ['--require-distroless', 'strict'], ['--fail-on', 'critical']]) {
      const run = await runCli(['inspect', ...flags, '--output', 'json', reference])
      expect(run.code).toBe(3)
      expect(JSON.parse(run.stdout)).toMatchObject({
        ok: false,
        verdict: 'undecidable',
        images: [{ reasons: [expect.stringContaining(reason)] }],
      })
    }
  })
})

test('I-18: a refused image has both ok: false and exit 1', async () => {
  await using place = await workspace()
  const { reference } = await place.image('image', image)
  const run = await runCli(['inspect', '--fail-on', 'high', '--output', 'json', reference])
  expect(run.code).toBe(1)
  expect(JSON.parse(run.stdout)).toMatchObject({ ok: false, because: [expect.stringContaining('gawk')] })
})

test('an exception counts until it ends, and then says so', async () => {
  await using place = await workspace()
  const { reference } = await place.image('image', image)
  const list = await place.write('exceptions.yaml', exceptions('2999-01-31'))
  const flags = ['--require-distroless', 'strict', '--exceptions', list]
  const counted = await runCli(['inspect', ...flags, reference])
  expect(counted.code).toBe(0)
  expect(counted.stdout).toContain('does not count until 2999-01-31: reports are made with it')
  await place.write('exceptions.yaml', exceptions('2020-01-31'))
  const ended = await runCli(['inspect', ...flags, reference])
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('ended on 2020-01-31') })
  await place.write('exceptions.yaml', exceptions('soon'))
  expect(await runCli(['inspect', ...flags, reference])).toMatchObject({ code: 2, stdout: '' })
})
