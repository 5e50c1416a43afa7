import { runCli } from '@assay/test-support/cli'
import type { ImageDescription } from '@assay/test-support/image-builder'
import { validateCycloneDx } from '@assay/test-support/sbom-schemas'
import { spdxProblems } from '@assay/test-support/spdx-tools'
import { purls, rich, twoPlatforms } from '@assay/test-support/sbom-scene'
import type { TarEntry } from '@assay/test-support/tar-bytes'
import { workspace } from '@assay/test-support/workspace'
import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const file = (path: string, content: string): TarEntry => ({ kind: 'file', path, content })

interface CycloneDxDocument {
  readonly serialNumber: string
  readonly metadata: { readonly timestamp: string; readonly component: Readonly<Record<string, unknown>> }
  readonly components: readonly (Readonly<Record<string, unknown>> & {
    readonly purl?: string
    readonly name: string
  })[]
  readonly compositions: unknown
}

interface SpdxDocument {
  readonly creationInfo: { readonly created: string; readonly comment?: string }
  readonly packages: readonly (Readonly<Record<string, unknown>> & {
    readonly name: string
    readonly externalRefs?: readonly { readonly referenceLocator: string }[]
  })[]
}

describe('assay sbom', () => {
  test('writes CycloneDX 1.6 that the reader of the SPDX project accepts, with everything that the image holds', async () => {
    await using place = await workspace()
    const { reference, descriptor } = await place.image('image', rich)
    const run = await runCli(['sbom', reference])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    const document: CycloneDxDocument = JSON.parse(run.stdout)
    expect(validateCycloneDx(document)).toEqual([])
    expect(document.components.flatMap(({ purl }) => purl ?? []).toSorted()).toEqual(purls)
    expect(document.metadata).toMatchObject({
      timestamp: '2026-02-03T04:05:06Z',
      component: {
        type: 'container',
        name: 'image',
        version: descriptor.digest,
        hashes: [{ alg: 'SHA-256', content: descriptor.digest.slice(7) }],
      },
    })
    const named = (name: string): unknown => document.components.find((one) => one.name === name)
    expect(named('@scope/one')).toMatchObject({
      licenses: [{ expression: '(MIT OR Apache-2.0)' }],
      evidence: {
        occurrences: [
          { location: '/app/node_modules/@scope/one/package.json' },
          { location: '/opt/node_modules/@scope/one/package.json' },
        ],
      },
      properties: [
        { name: 'assay:layer:index', value: '1' },
        { name: 'assay:layer:digest', value: expect.stringMatching(/^sha256:/) },
      ],
    })
    expect(named('musl')).toMatchObject({ licenses: [{ license: { id: 'MIT' } }] })
    expect(named('odd')).toMatchObject({ licenses: [{ license: { name: 'custom license' } }] })
    expect(named('libc6')).toMatchObject({ hashes: [{ alg: 'SHA-256', content: 'c'.repeat(64) }] })
    expect(named('/opt/vendor')).toMatchObject({ type: 'file', hashes: [{ alg: 'SHA-256' }] })
    expect(named('debian')).toMatchObject({ type: 'operating-system', version: '13' })
    expect(document.compositions).toMatchObject([{ aggregate: 'unknown' }])
  })
  test('writes SPDX 2.3 that the reader of the SPDX project accepts, with the same', async () => {
    await using place = await workspace()
    const { reference, descriptor } = await place.image('image', rich)
    const target = place.path('sbom.json')
    expect(await runCli(['sbom', '--format', 'spdx-json', '--output-file', target, reference])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    })
    const document: SpdxDocument = JSON.parse(await place.read('sbom.json'))
    expect(spdxProblems(target)).toBe('')
    const locators = document.packages.flatMap(({ externalRefs = [] }) =>
      externalRefs.map((one) => one.referenceLocator),
    )
    expect(locators.filter((one) => !one.startsWith('pkg:oci/')).toSorted()).toEqual(purls)
    expect(document.packages[0]).toMatchObject({
      name: 'image',
      versionInfo: descriptor.digest,
      primaryPackagePurpose: 'CONTAINER',
    })
    expect(document.packages.find(({ name }) => name === 'odd')).toMatchObject({
      licenseDeclared: expect.stringMatching(/^LicenseRef-/),
    })
    expect(document).toMatchObject({ hasExtractedLicensingInfos: [{ extractedText: 'custom license' }] })
  })
  test('gives the same bytes twice; SOURCE_DATE_EPOCH sets the time, and the digest the serial number', async () => {
    await using place = await workspace()
    const { reference } = await place.image('image', rich)
    const one = await runCli(['sbom', reference])
    expect((await runCli(['sbom', reference])).stdout).toBe(one.stdout)
    const dated = await runCli(['sbom', reference], { env: { SOURCE_DATE_EPOCH: '1700000000' } })
    const [first, second]: readonly CycloneDxDocument[] = [JSON.parse(one.stdout), JSON.parse(dated.stdout)]
    expect(second?.metadata.timestamp).toBe('2023-11-14T22:13:20Z')
    expect(second?.serialNumber).toBe(first?.serialNumber)
    expect(await runCli(['sbom', reference], { env: { SOURCE_DATE_EPOCH: 'today' } })).toMatchObject({
      code: 2,
      stdout: '',
    })
  })
  test('says complete only where nothing is left open', async () => {
    await using place = await workspace()
    const { reference } = await place.image('image', { layers: [{ entries: [file('etc/x', '')] }] })
    const document: CycloneDxDocument = JSON.parse((await runCli(['sbom', reference])).stdout)
    expect(document.compositions).toMatchObject([{ aggregate: 'complete' }])
    expect(validateCycloneDx(document)).toEqual([])
  })
})

describe('where not everything can be read', () => {
  const cases: readonly (readonly [string, ImageDescription])[] = [
    ['a layer', { layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+encrypted' }] }],
    ['a package database', { layers: [{ entries: [file('var/lib/rpm/rpmdb.sqlite', 'nothing')] }] }],
    ['a jar', { layers: [{ entries: [file('opt/a.jar', 'nothing')] }] }],
  ]
  test.each(cases)('%s: there is no SBOM, and exit code 3', async (_, description) => {
    await using place = await workspace()
    const { reference } = await place.image('image', description)
    const target = place.path('sbom.json')
    const run = await runCli(['sbom', '--output-file', target, reference])
    expect(run).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('INCOMPLETE_INVENTORY'),
    })
    expect(existsSync(target)).toBe(false)
  })
  test.each(cases)('%s: --allow-incomplete makes one that says so', async (_, description) => {
    await using place = await workspace()
    const { reference } = await place.image('image', description)
    const cyclone = await runCli(['sbom', '--allow-incomplete', reference])
    expect(cyclone).toMatchObject({ code: 0, stderr: expect.stringContaining('not complete') })
    const document: CycloneDxDocument = JSON.parse(cyclone.stdout)
    expect(document).toMatchObject({
      compositions: [{ aggregate: 'incomplete' }],
      annotations: [{ text: expect.stringContaining('not complete') }],
    })
    expect(validateCycloneDx(document)).toEqual([])
    const spdx: SpdxDocument = JSON.parse(
      (await runCli(['sbom', '--format', 'spdx-json', '--allow-incomplete', reference])).stdout,
    )
    expect(spdx.creationInfo.comment).toContain('not complete')
    expect(spdxProblems(await place.write('sbom.spdx.json', JSON.stringify(spdx)))).toBe('')
  })
})

test('an SBOM of an index needs a platform', async () => {
  await using place = await workspace()
  const { reference, digests } = await twoPlatforms(place.path('index'))
  expect(await runCli(['sbom', reference])).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('linux/amd64, linux/arm64'),
  })
  const run = await runCli(['sbom', '--platform', 'linux/arm64', reference])
  const document: CycloneDxDocument = JSON.parse(run.stdout)
  expect(document.metadata.component['version']).toBe(digests[1])
})
