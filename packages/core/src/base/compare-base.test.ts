import { buildImage, buildIndex, type BuiltImage } from '@assay/test-support/image-builder'
import { inspectBuilt } from '@assay/test-support/inspect'
import { expect, test } from 'vitest'
import { loadImages } from '../image/load-images.ts'
import { compareBase, type BaseMatch } from './compare-base.ts'

const layer = (content: string) => ({ entries: [{ kind: 'file', path: 'x', content }] }) as const
const amd64 = { os: 'linux', architecture: 'amd64' }
const arm64 = { os: 'linux', architecture: 'arm64' }

async function compared(child: BuiltImage, base: BuiltImage): Promise<readonly BaseMatch[]> {
  const report = await inspectBuilt(child)
  const { images } = await loadImages(base.source, base.descriptor)
  return report.images.map((image) => compareBase(image, images))
}

test('each platform of an index is compared with the base of its own platform', async () => {
  const [one, two] = [layer('amd'), layer('arm')]
  const index = async (layers: readonly (typeof one)[], more: typeof one): Promise<BuiltImage> =>
    buildIndex([
      { image: await buildImage({ platform: amd64, layers: [layers[0] ?? more, more] }), platform: amd64 },
      { image: await buildImage({ platform: arm64, layers: [layers[1] ?? more, more] }), platform: arm64 },
    ])
  const base = buildIndex([
    { image: await buildImage({ platform: amd64, layers: [one] }), platform: amd64 },
    { image: await buildImage({ platform: arm64, layers: [two] }), platform: arm64 },
  ])
  expect((await compared(await index([one, two], layer('app')), base)).map(({ same }) => same)).toEqual([
    true,
    true,
  ])
  expect((await compared(await index([two, one], layer('app')), base)).map(({ same }) => same)).toEqual([
    false,
    false,
  ])
})

test('a base without layers is none', async () => {
  const found = await compared(await buildImage({ layers: [layer('a')] }), await buildImage({ layers: [] }))
  expect(found).toMatchObject([{ same: false, why: 'the base has no layers' }])
})

test('a base that lists more content than layers is none', async () => {
  const base = await buildImage({
    layers: [layer('a')],
    configOverrides: { rootfs: { type: 'layers', diff_ids: [] } },
  })
  expect(await compared(await buildImage({ layers: [layer('a')] }), base)).toMatchObject([
    { same: false, why: 'manifest and config of the base list different numbers of layers' },
  ])
})

test('the same content in another blob is another layer', async () => {
  const child = await buildImage({ layers: [{ ...layer('a'), compression: 'none' }] })
  expect(await compared(child, await buildImage({ layers: [layer('a')] }))).toMatchObject([
    { same: false, why: 'layer 0 is another one' },
  ])
})

test('an image that is all base and nothing else is made on it', async () => {
  const base = await buildImage({ layers: [layer('a')] })
  expect(await compared(base, base)).toMatchObject([{ same: true, layers: 1 }])
})
