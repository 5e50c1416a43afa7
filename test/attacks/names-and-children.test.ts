import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { createLayout, mediaTypes, memoryStore, RegistryError } from '@assay/registry'
import { inspectImage, loadImages, openImage } from '@assay/core'
import { runCli } from '../support/cli.ts'
import {
  buildImage,
  buildIndex,
  buildManifest,
  pushImage,
  type BuiltImage,
} from '../support/image-builder.ts'
import { password, plainImage, workspace } from '../support/workspace.ts'

const offline = {
  connect: () => Promise.reject(new Error('a layout opens no socket')),
}
const shell = {
  layers: [{ entries: [{ kind: 'file', path: 'bin/sh', mode: 0o755, content: '\u007fELF' }] }],
} as const

describe('a digest names bytes, whatever a place calls them', () => {
  it('an entry of index.json that has a digest for a name does not answer for it', async () => {
    await using place = await workspace()
    const signed = await place.image('image', plainImage)
    await place.keys()
    const sign = ['sign', '--key', place.path('release.key'), '--tlog-upload=false', signed.reference]
    expect(await runCli(sign, { env: password })).toMatchObject({ code: 0 })
    const wanted = await buildImage({ ...plainImage, config: { User: '1' } })
    const path = place.path('image/index.json')
    const index = JSON.parse(await readFile(path, 'utf8'))
    index.manifests[0].annotations['org.opencontainers.image.ref.name'] = wanted.descriptor.digest
    await writeFile(path, JSON.stringify(index))

    const pinned = `oci:${place.path('image')}@${wanted.descriptor.digest}`
    const line = ['verify', '--key', place.path('release.pub'), '--insecure-ignore-tlog', pinned]
    const verified = await runCli(line)
    expect(verified.code).toBe(3)
    expect(verified.stderr).toContain('NOT_FOUND')
    await pushImage(await createLayout(place.path('both')), wanted)
    await expect(openImage(pinned, offline)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('a tag in memory that looks like a digest does not answer for it', async () => {
    const store = memoryStore()
    const other = await pushImage(store, await buildImage(plainImage))
    const digest = `sha256:${'a'.repeat(64)}`
    await store.tag(other, digest).catch(() => undefined)
    await expect(store.resolve(digest)).rejects.toBeInstanceOf(RegistryError)
  })

  it('two manifests of one name are ambiguous, not first come first served', async () => {
    await using place = await workspace()
    await place.image('image', plainImage)
    const other = await buildImage({ ...plainImage, config: { User: '1' } })
    const layout = await createLayout(place.path('image'))
    await pushImage(layout, other)
    const path = place.path('image/index.json')
    const index = JSON.parse(await readFile(path, 'utf8'))
    index.manifests.push({
      ...other.descriptor,
      annotations: { 'org.opencontainers.image.ref.name': 'test' },
    })
    await writeFile(path, JSON.stringify(index))
    await expect(openImage(`oci:${place.path('image')}:test`, offline)).rejects.toMatchObject({
      code: 'AMBIGUOUS_REFERENCE',
    })
  })
})

describe('I-07: no child of an index that a runtime may run is passed over', () => {
  it.each([
    [
      'an annotation that calls it an attestation',
      async () => await child({}, { annotations: asAttestation }),
    ],
    [
      'an artifact type that calls it an attestation',
      async () => await child({ artifactType: 'application/vnd.docker.attestation.manifest.v1+json' }),
    ],
    [
      'a config of a type that Docker takes for an image',
      async () => await childWithConfig('application/octet-stream'),
    ],
    ['the same digest, first under an unknown type', async () => await child({}, {}, true)],
  ])('%s hides no shell', async (_name, make) => {
    const { index } = await make()
    const report = await inspectImage(index.source, index.descriptor, { reference: 'x' })
    expect(report.verdict).toBe('no')
    expect(report.images.map(({ platform }) => platform)).toContain('linux/amd64')
  })

  it('what a runtime might run and we cannot read makes the verdict undecidable', async () => {
    const { index } = await childWithConfig('application/vnd.acme.config')
    const report = await inspectImage(index.source, index.descriptor, { reference: 'x' })
    expect(report.verdict).toBe('undecidable')
    expect(report.others).toMatchObject([{ kind: 'artifact', mayRun: true }])
  })

  it('what no runtime runs is named and does not stand in the way', async () => {
    const clean = await buildImage({ ...plainImage, platform: { os: 'linux', architecture: 'arm64' } })
    const attestation = buildManifest(
      {
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        config: clean.blobs.at(-2)?.descriptor,
        layers: [{ mediaType: 'application/vnd.in-toto+json', digest: clean.descriptor.digest, size: 2 }],
      },
      mediaTypes.ociManifest,
    )
    const index = buildIndex([
      { image: clean, platform: { os: 'linux', architecture: 'arm64' } },
      { image: attestation, platform: { os: 'unknown', architecture: 'unknown' } },
    ])
    const tree = await loadImages(index.source, index.descriptor)
    expect(tree.others).toMatchObject([{ kind: 'attestation', mayRun: false }])
    expect((await inspectImage(index.source, index.descriptor, { reference: 'x' })).verdict).toBe('strict')
  })
})

const asAttestation = {
  'vnd.docker.reference.type': 'attestation-manifest',
  'vnd.docker.reference.digest': `sha256:${'0'.repeat(64)}`,
}

interface Hiding {
  readonly index: BuiltImage
}

/** An index with a clean child for arm64 and one for amd64 that has a shell and is described in some odd way. */
async function child(
  manifest: Readonly<Record<string, unknown>>,
  listed: { readonly annotations?: Readonly<Record<string, string>> } = {},
  unknownFirst = false,
): Promise<Hiding> {
  const clean = await buildImage({ ...plainImage, platform: { os: 'linux', architecture: 'arm64' } })
  const bad = await buildImage({ ...shell, manifestOverrides: manifest })
  const platform = { os: 'linux', architecture: 'amd64' }
  const lie = { ...bad, descriptor: { ...bad.descriptor, mediaType: 'application/vnd.acme.unknown' } }
  const index = buildIndex([
    { image: clean, platform: { os: 'linux', architecture: 'arm64' } },
    ...(unknownFirst ? [{ image: lie }] : []),
    { image: bad, platform, ...listed },
  ])
  return { index }
}

/** The same, where the child's config claims to be of some other type. */
async function childWithConfig(mediaType: string): Promise<Hiding> {
  const image = await buildImage(shell)
  const config = image.blobs.find((blob) => blob.descriptor.mediaType === mediaTypes.ociConfig)
  return await child({ config: { ...config?.descriptor, mediaType } })
}
