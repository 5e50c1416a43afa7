import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspectImage, renderInspection, type InspectionReport } from '@assay/core'
import { openLayout, type ContentSource, type Descriptor } from '@assay/registry'
import { corpus } from '@assay/test-support/corpora'
import { describe, expect, test } from 'vitest'

const folder = corpus('github-signed-images')

interface Opened {
  readonly source: ContentSource
  readonly root: Descriptor
}

async function opened(version: string): Promise<Opened> {
  const path = join(folder ?? '', version, 'container_workflow_dispatch')
  const source = openLayout(path)
  return { source, root: await source.resolve(readFileSync(`${path}.digest`, 'utf8').trim()) }
}

async function inspected(version: string): Promise<InspectionReport> {
  const { source, root } = await opened(version)
  const platform = { os: 'linux', architecture: 'amd64' }
  return await inspectImage(source, root, { reference: version, platform })
}

describe.skipIf(folder === undefined).each(['v1.5.0', 'v1.10.0', 'v2.1.0'])('the image of %s', (version) => {
  test('is strictly distroless on linux/amd64, and every layer has its digest and diffID', async () => {
    const report = await inspected(version)
    const [image] = report.images
    expect(report.verdict).toBe('strict')
    expect(image).toMatchObject({ platform: 'linux/amd64', family: { name: 'google-distroless' } })
    expect(image?.layers.filter((layer) => layer.diffIdMatches !== true || layer.failure !== null)).toEqual(
      [],
    )
  })
  test('names its Debian packages and its root user', async () => {
    const [image] = (await inspected(version)).images
    const ofDebian = image?.packages.filter(({ ecosystem }) => ecosystem === 'deb')
    expect(ofDebian?.map(({ name }) => name)).toEqual(['base-files', 'netbase', 'tzdata'])
    expect(ofDebian?.[0]?.purl).toMatch(
      /^pkg:deb\/debian\/base-files@1[0-9.]+(?:%2B|\+)deb1\du\d+\?arch=amd64&distro=debian-1\d$/,
    )
    expect(image?.config.uid).toBe(0)
    expect(image?.findings.filter(({ rule }) => rule === 'root-user')).toHaveLength(1)
  })
  test('has no finding above medium, and none but an inert script about tzconfig', async () => {
    const [image] = (await inspected(version)).images
    expect(image?.findings.filter(({ severity }) => severity === 'critical' || severity === 'high')).toEqual(
      [],
    )
    const about = image?.findings.filter(({ evidence }) => evidence.path === '/usr/sbin/tzconfig')
    expect(about?.filter(({ rule }) => rule !== 'inert-script')).toEqual([])
  })
  test('gives the same bytes twice, and a text that begins with the verdict', async () => {
    const [one, two] = [await inspected(version), await inspected(version)]
    expect(JSON.stringify(one)).toBe(JSON.stringify(two))
    expect(renderInspection(one, { color: false })).toMatch(/^DISTROLESS \(strict\)/)
  })
})

test.skipIf(folder === undefined)(
  'an unknown platform is refused with the list of those there are',
  async () => {
    const { source, root } = await opened('v1.10.0')
    const platform = { os: 'linux', architecture: 's390x' }
    await expect(inspectImage(source, root, { reference: 'x', platform })).rejects.toMatchObject({
      code: 'UNKNOWN_PLATFORM',
      expected: 'one of linux/amd64',
    })
  },
)
