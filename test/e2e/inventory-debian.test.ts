import type { ImageReport } from '@assay/core'
import { debianPackages } from '@assay/test-support/debian-packages'
import { buildImage } from '@assay/test-support/image-builder'
import { elfProgram, found, inspectBuilt } from '@assay/test-support/inspect'
import type { TarEntry } from '@assay/test-support/tar-bytes'
import { afterAll, describe, expect, test } from 'vitest'

/** The packages of Google's distroless images on Debian 12, each built on the one before it. */
const sets = {
  static: ['base-files', 'netbase', 'tzdata', 'media-types'],
  base: ['libc6', 'libssl3'],
  cc: ['libgomp1', 'libstdc++6', 'libgcc-s1', 'gcc-12-base'],
  python3: ['libpython3.11-minimal', 'libpython3.11-stdlib', 'python3.11-minimal', 'libc-bin', 'libexpat1'],
} as const
type Name = keyof typeof sets

const order: readonly Name[] = ['static', 'base', 'cc', 'python3']
const names = order.flatMap((name) => sets[name])
const debs = debianPackages(names)
afterAll(() => debs[Symbol.dispose]())
const complete = names.every((name) => debs.folderOf(name) !== undefined)

/** A layer for each package, as distroless has them, and one with what the packages say of themselves. */
async function imageOf(packages: readonly string[], extra: readonly TarEntry[]): Promise<ImageReport> {
  const contents = packages.map((each) => [each, debs.contentOf(each)] as const)
  const status = contents.flatMap(([each, { fields, digests }]): readonly TarEntry[] => [
    { kind: 'file', path: `var/lib/dpkg/status.d/${each}`, content: fields },
    { kind: 'file', path: `var/lib/dpkg/status.d/${each}.md5sums`, content: digests },
  ])
  const image = await buildImage({
    layers: [
      ...contents.map(([, { tar }]) => ({ tar, compression: 'none' as const })),
      { entries: [...status, ...extra] },
    ],
    config: { User: '65532' },
  })
  const [report] = (await inspectBuilt(image, packages.includes('python3.11-minimal') ? ['python'] : []))
    .images
  if (report === undefined) throw new Error('the report has no image')
  return report
}

const osRelease: TarEntry = {
  kind: 'file',
  path: 'usr/lib/os-release',
  content: 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Distroless"\n',
  mode: 0o555,
}

describe.skipIf(!complete).each(order)('distroless %s, from the real packages', (name) => {
  test('is strict, explains every program, and finds no file changed', async () => {
    const packages = order.slice(0, order.indexOf(name) + 1).flatMap((set) => [...sets[set]])
    const image = await imageOf(packages, [osRelease])
    expect(image.verdict).toBe('strict')
    expect(image.programs).toMatchObject({ unexplained: [], undecided: [] })
    expect(image.binaries).toEqual([])
    expect(found(image).filter((one) => /^(?:modified-file|unread-inventory)/.test(one))).toEqual([])
    const listed = new Set(
      image.packages.flatMap(({ ecosystem, name: own }) => (ecosystem === 'deb' ? [own] : [])),
    )
    expect([...sets[name]].filter((own) => !listed.has(own))).toEqual([])
  })
})

test.skipIf(!complete)(
  'the tools of libc-bin are explained by their package, and by nothing else',
  async () => {
    const getent: TarEntry = {
      kind: 'file',
      path: 'usr/bin/getent',
      content: elfProgram('another'),
      mode: 0o755,
    }
    const image = await imageOf(['libc6', 'libc-bin'], [getent])
    expect(image.programs.total).toBeGreaterThan(10)
    expect(image.programs).toMatchObject({
      ofPackages: image.programs.total - 1,
      unexplained: ['/usr/bin/getent'],
    })
    expect(found(image)).toContain('modified-file /usr/bin/getent')
  },
)
