import { buildImage, buildIndex, type ImageDescription } from '@assay/test-support/image-builder'
import { rich } from '@assay/test-support/sbom-scene'
import { expect, test } from 'vitest'
import { makeSbom, type MadeSbom, type SbomOptions } from './make-sboms.ts'

const options: SbomOptions = {
  reference: 'registry.example/team/app@sha256:abc',
  format: 'cyclonedx-json',
  toolVersion: '1.2.3',
}

async function made(description: ImageDescription, rest: Partial<SbomOptions> = {}): Promise<MadeSbom> {
  const image = await buildImage(description)
  return await makeSbom(image.source, image.descriptor, { ...options, ...rest })
}

const text = ({ content }: MadeSbom): string => Buffer.from(content).toString('utf8')

test('names an image of a registry by its repository', async () => {
  const document: { readonly metadata: { readonly component: unknown } } = JSON.parse(text(await made(rich)))
  expect(document.metadata.component).toMatchObject({
    name: 'registry.example/team/app',
    purl: expect.stringMatching(
      /^pkg:oci\/app@sha256:[0-9a-f]{64}\?arch=amd64&repository_url=registry\.example%2Fteam%2Fapp$/,
    ),
  })
})

test.each([
  ['a layer', { layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+encrypted' }] }],
  ['a database', { layers: [{ entries: [{ kind: 'file', path: 'var/lib/rpm/Packages', content: 'x' }] }] }],
  [
    'a description',
    { layers: [{ entries: [{ kind: 'file', path: 'node_modules/a/package.json', content: 'x' }] }] },
  ],
] satisfies readonly (readonly [string, ImageDescription])[])(
  'refuses where %s cannot be read',
  async (_, description) => {
    await expect(made(description)).rejects.toMatchObject({ code: 'INCOMPLETE_INVENTORY' })
    const { gaps } = await made(description, { allowIncomplete: true })
    expect(gaps).toHaveLength(1)
  },
)

test('what an index lists beside its images, and a runtime may run, is a gap', async () => {
  const image = await buildImage({ layers: [] })
  const other = {
    mediaType: 'application/vnd.example.unknown+json',
    digest: `sha256:${'a'.repeat(64)}`,
    size: 2,
  }
  const index = buildIndex([{ image, platform: { os: 'linux', architecture: 'amd64' } }], {
    manifests: [
      { ...image.descriptor, platform: { os: 'linux', architecture: 'amd64' } },
      { ...other, platform: { os: 'linux', architecture: 'arm64' } },
    ],
  })
  await expect(makeSbom(index.source, index.descriptor, options)).rejects.toMatchObject({
    code: 'INCOMPLETE_INVENTORY',
  })
})

test('of several platforms one must be chosen', async () => {
  const children = await Promise.all(
    ['amd64', 'arm64'].map(async (architecture) => {
      const platform = { os: 'linux', architecture }
      return { image: await buildImage({ layers: [], platform }), platform }
    }),
  )
  const index = buildIndex(children)
  await expect(makeSbom(index.source, index.descriptor, options)).rejects.toMatchObject({
    code: 'SEVERAL_PLATFORMS',
  })
})

const time = async (created: string, given?: Date): Promise<unknown> => {
  const one = await made(
    { layers: [], configOverrides: { created } },
    given === undefined ? {} : { created: given },
  )
  const document: { readonly metadata: { readonly timestamp?: string } } = JSON.parse(text(one))
  return document.metadata.timestamp
}

test('the time is the one given, that of the image, or none', async () => {
  expect(await time('2026-01-02T03:04:05Z', new Date(0))).toBe('1970-01-01T00:00:00Z')
  expect(await time('2026-01-02T03:04:05Z')).toBe('2026-01-02T03:04:05Z')
  expect(await time('yesterday')).toBeUndefined()
})
