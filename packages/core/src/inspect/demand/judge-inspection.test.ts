import { buildImage, sha256Hex, type ImageDescription } from '@assay/test-support/image-builder'
import { elfProgram } from '@assay/test-support/inspect'
import type { TarEntry } from '@assay/test-support/tar-bytes'
import { describe, expect, test } from 'vitest'
import { inspectImage, type InspectOptions } from '../inspect-image.ts'
import type { InspectionReport } from '../inspection-report.ts'
import type { Exception } from './exception.ts'
import { judgeInspection } from './judge-inspection.ts'

const program = (path: string, content = 'x'): TarEntry => ({
  kind: 'file',
  path,
  content: elfProgram(content),
  mode: 0o755,
})
const nonroot = { User: '65532', Entrypoint: ['/app'] }

async function inspected(
  layers: NonNullable<ImageDescription['layers']>,
  options: Partial<InspectOptions> = {},
): Promise<InspectionReport> {
  const image = await buildImage({ layers, config: nonroot })
  return await inspectImage(image.source, image.descriptor, { reference: 'built', ...options })
}

const entries = (...list: readonly TarEntry[]): NonNullable<ImageDescription['layers']> => [{ entries: list }]
const exception = (rest: Partial<Exception> & Pick<Exception, 'rule'>): Exception => ({
  reason: 'agreed',
  expires: '2027-01-31',
  ...rest,
})

describe('--fail-on', () => {
  test.each([
    ['critical', 'met'],
    ['high', 'unmet'],
    ['medium', 'unmet'],
  ] as const)('a finding of severity high under the threshold %s is %s', async (failOn, status) => {
    const report = await inspected(entries(program('app'), program('usr/bin/curl')))
    expect(judgeInspection(report, { failOn })).toMatchObject({ status })
  })
})

describe('--require-distroless', () => {
  const cases: readonly (readonly ['strict' | 'effective', string, string])[] = [
    ['strict', 'strict', 'met'],
    ['effective', 'strict', 'met'],
    ['strict', 'effective', 'unmet'],
    ['effective', 'effective', 'met'],
    ['strict', 'no', 'unmet'],
    ['effective', 'no', 'unmet'],
    ['effective', 'debug', 'unmet'],
  ]
  const images: Readonly<Record<string, NonNullable<ImageDescription['layers']>>> = {
    strict: entries(program('app')),
    effective: [
      { entries: [program('bin/sh'), program('app')] },
      { entries: [{ kind: 'file', path: 'bin/.wh.sh', content: '' }] },
    ],
    no: entries(program('app'), program('bin/sh')),
    debug: entries(program('app'), program('busybox/busybox')),
  }
  test.each(cases)('%s of an image that is %s is %s', async (distroless, verdict, status) => {
    const report = await inspected(images[verdict] ?? [])
    expect(report.verdict).toBe(verdict)
    expect(judgeInspection(report, { distroless })).toMatchObject({ status })
  })
  test('what could not be read is undecided, unless what was read is a no', async () => {
    const hidden = { mediaType: 'application/vnd.oci.image.layer.v1.tar+encrypted' }
    const fine = await inspected([...entries(program('app')), hidden])
    expect(judgeInspection(fine, { distroless: 'effective' })).toMatchObject({ status: 'undecided' })
    expect(judgeInspection(fine, {})).toMatchObject({ status: 'undecided' })
    const bad = await inspected([...entries(program('bin/sh')), hidden])
    expect(judgeInspection(bad, { failOn: 'critical' })).toMatchObject({ status: 'unmet' })
  })
})

test('what an index lists beside its images may leave the whole undecided', async () => {
  const report: InspectionReport = { ...(await inspected(entries(program('app')))), verdict: 'undecidable' }
  expect(judgeInspection(report, {})).toMatchObject({ status: 'undecided', because: [expect.any(String)] })
})

describe('--require-accounted', () => {
  const accounted = { accounted: true } as const
  test('the entrypoint explains its program, nothing explains another', async () => {
    expect(judgeInspection(await inspected(entries(program('app'))), accounted).status).toBe('met')
    const judged = judgeInspection(await inspected(entries(program('app'), program('opt/x'))), accounted)
    expect(judged).toEqual({ status: 'unmet', because: ['nothing explains the program /opt/x'] })
  })
  test('of several programs of the name, the one that PATH finds', async () => {
    const image = await buildImage({
      layers: entries(program('bin/app'), program('usr/bin/app', 'other'), program('opt/app', 'another')),
      config: { User: '65532', Entrypoint: ['app'], Env: ['PATH=/opt', 'PATH=/none:/bin:/usr/bin'] },
    })
    const report = await inspectImage(image.source, image.descriptor, { reference: 'built' })
    expect(report.images[0]?.programs).toMatchObject({
      started: 1,
      unexplained: ['/opt/app', '/usr/bin/app'],
    })
  })
  test('a declared runtime explains its own programs and is no finding', async () => {
    const layers = entries(program('app'), program('usr/bin/node'))
    const declared = await inspected(layers, { declared: ['node'] })
    expect(judgeInspection(declared, { ...accounted, distroless: 'strict' }).status).toBe('met')
    const without = await inspected(layers)
    expect(judgeInspection(without, accounted).status).toBe('unmet')
    expect([declared, without]).toMatchObject([{ declared: ['node'] }, {}])
    expect(without).not.toHaveProperty('declared')
  })
  test('a package database that cannot be read leaves it undecided, whatever is explained', async () => {
    const broken = { kind: 'file', path: 'var/lib/rpm/Packages', content: 'nothing' } as const
    for (const layers of [
      entries(program('app'), broken),
      entries(program('app'), program('opt/x'), broken),
    ]) {
      const report = await inspected(layers)
      expect(judgeInspection(report, {}).status).toBe('met')
      expect(judgeInspection(report, accounted)).toEqual({
        status: 'undecided',
        because: [expect.stringContaining('/var/lib/rpm/Packages')],
      })
      expect(judgeInspection(report, { ...accounted, failOn: 'high' }).status).toBe('unmet')
    }
  })
  test('an exception explains one path', async () => {
    const layers = entries(program('app'), program('opt/x'))
    const exceptions = [exception({ rule: 'unexplained', path: '/opt/x' })]
    const report = await inspected(layers, { exceptions })
    expect(judgeInspection(report, accounted).status).toBe('met')
    expect(report.images[0]?.programs).toMatchObject({ excepted: 1, unexplained: [] })
  })
})

describe('exceptions', () => {
  const layers = entries(program('app'), program('usr/bin/gawk'))
  test('take a finding out of the threshold and the verdict, and stay visible', async () => {
    const report = await inspected(layers, {
      exceptions: [exception({ rule: 'interpreter', path: '/usr/bin/gawk' })],
    })
    expect(report.verdict).toBe('strict')
    expect(judgeInspection(report, { failOn: 'info', distroless: 'strict' }).status).toBe('met')
    expect(report.images[0]?.findings).toMatchObject([
      { rule: 'interpreter', exception: { reason: 'agreed', expires: '2027-01-31' } },
    ])
  })
  test('never make an image with a shell distroless', async () => {
    const report = await inspected(entries(program('app'), program('bin/sh')), {
      exceptions: [exception({ rule: 'shell', path: '/bin/sh' })],
    })
    expect(judgeInspection(report, { failOn: 'info' }).status).toBe('met')
    expect(judgeInspection(report, { distroless: 'effective' }).status).toBe('unmet')
  })
  test('take no place in the list from a finding that counts', async () => {
    const many = Array.from({ length: 201 }, () => ({ entries: [program('usr/bin/gawk')] }))
    const report = await inspected([...many, { entries: [program('usr/bin/mawk')] }], {
      exceptions: [exception({ rule: 'interpreter', path: '/usr/bin/gawk' })],
    })
    expect(judgeInspection(report, { failOn: 'high' })).toMatchObject({
      status: 'unmet',
      because: [expect.stringContaining('/usr/bin/mawk')],
    })
  })
  test.each([
    ['another path', { path: '/usr/bin/mawk' }],
    ['another rule', { rule: 'shell', path: '/usr/bin/gawk' }],
    ['no path', {}],
    ['another content', { path: '/usr/bin/gawk', sha256: '0'.repeat(64) }],
  ])('for %s do not count', async (_, rest) => {
    const exceptions = [exception({ rule: 'interpreter', ...rest })]
    expect((await inspected(layers, { exceptions })).verdict).toBe('no')
  })
  test('for the right content count', async () => {
    const sha256 = sha256Hex(elfProgram('x'))
    const exceptions = [exception({ rule: 'interpreter', path: '/usr/bin/gawk', sha256 })]
    expect((await inspected(layers, { exceptions })).verdict).toBe('strict')
  })
})
