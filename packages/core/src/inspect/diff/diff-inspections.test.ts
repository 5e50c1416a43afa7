import {
  buildImage,
  buildIndex,
  type BuiltImage,
  type ImageDescription,
} from '@assay/test-support/image-builder'
import { elfProgram } from '@assay/test-support/inspect'
import type { TarEntry } from '@assay/test-support/tar-bytes'
import { expect, test } from 'vitest'
import { renderDiff } from '../../report/diff-text.ts'
import { inspectImage } from '../inspect-image.ts'
import { diffInspections, type InspectionDiff } from './diff-inspections.ts'

const file = (path: string, content: string): TarEntry => ({ kind: 'file', path, content })
const status = (version: string): TarEntry =>
  file('var/lib/dpkg/status.d/app', `Package: app\nVersion: ${version}\nArchitecture: amd64\n`)
const user = { User: '1' }

async function diff(before: BuiltImage, after: BuiltImage): Promise<InspectionDiff> {
  const [one, other] = await Promise.all(
    [before, after].map(
      async ({ source, descriptor }) =>
        await inspectImage(source, descriptor, { reference: 'built', files: true }),
    ),
  )
  if (one === undefined || other === undefined) throw new Error('two reports are needed')
  return diffInspections(one, other)
}

const built = async (
  entries: readonly TarEntry[],
  rest: Omit<ImageDescription, 'layers'> = {},
): Promise<BuiltImage> => await buildImage({ config: user, ...rest, layers: [{ entries }] })

test('the same files in other layers are the same, with or without entries for their directories', async () => {
  const one = await built([{ kind: 'directory', path: 'd' }, file('d/e', ''), file('a', '1'), file('b', '2')])
  const other = await buildImage({
    config: user,
    layers: [
      { entries: [file('b', 'old'), file('c', 'gone')] },
      { entries: [file('a', '1'), file('b', '2'), file('.wh.c', ''), file('d/e', '')] },
    ],
  })
  expect(await diff(one, other)).toMatchObject({ ok: true, status: 'same' })
})

test('files differ by content, even of one size; packages, config and findings by what they say', async () => {
  const one = await built([file('a', '1'), file('gone', ''), status('1.0')])
  const other = await built(
    [
      file('a', '2'),
      status('1.1'),
      { kind: 'file', path: 'opt/sh', content: elfProgram('GNU bash, version %s'), mode: 0o755 },
    ],
    { config: { User: '2' } },
  )
  const found = await diff(one, other)
  expect(found).toMatchObject({ ok: false, status: 'different' })
  const [platform] = found.platforms
  expect(platform?.files.map(({ name }) => name)).toEqual([
    '/a',
    '/gone',
    '/opt',
    '/opt/sh',
    '/var/lib/dpkg/status.d/app',
  ])
  expect(platform?.packages).toEqual([{ name: 'deb:app:amd64', before: '1.0', after: '1.1' }])
  expect(platform?.config).toContainEqual({ name: 'user', before: '1', after: '2' })
  expect(platform?.findings).toMatchObject([{ before: null, after: 'critical' }])
  expect(renderDiff(found)).toMatch(/^DIFFERENT\n[^]*~ deb:app:amd64 {2}1\.0 → 1\.1\n/)
})

test('a platform that only one image has is a difference', async () => {
  const image = await built([file('a', '1')])
  const arm = await built([file('a', '1')], { platform: { os: 'linux', architecture: 'arm64' } })
  const found = await diff(buildIndex([{ image }]), buildIndex([{ image }, { image: arm }]))
  expect(found.platforms).toMatchObject([
    { presence: 'both' },
    { platform: 'linux/arm64', presence: 'added' },
  ])
  expect(found.status).toBe('different')
})

test('what cannot be read is undecided where nothing else differs', async () => {
  const hidden = await buildImage({
    config: user,
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+encrypted' }],
  })
  expect(await diff(hidden, hidden)).toMatchObject({ ok: false, status: 'undecided' })
})
