import {
  buildImage,
  buildIndex,
  type BuiltImage,
  type ImageDescription,
} from '@assay/test-support/image-builder'
import { elfProgram } from '@assay/test-support/inspect'
import { describe, expect, test } from 'vitest'
import { inspectImage, type InspectOptions } from '../inspect-image.ts'
import type { InspectionReport } from '../inspection-report.ts'
import type { FactsStore } from './facts-store.ts'

const python: ImageDescription = {
  layers: [
    { entries: [{ kind: 'file', path: 'bin/python3', content: elfProgram('Py_BytesMain\0'), mode: 0o755 }] },
  ],
}

/** Keeps reports only: whatever else is asked for is read from the image. */
class Reports implements FactsStore {
  readonly held: Map<string, Buffer> = new Map()
  readonly refused: string[] = []
  given = 0
  readonly get: FactsStore['get'] = async (name) => {
    const bytes = this.held.get(name)
    if (bytes !== undefined) this.given += 1
    return await Promise.resolve(bytes)
  }
  readonly put: FactsStore['put'] = async (name, bytes) => {
    if (name.startsWith('["report"')) this.held.set(name, bytes)
    await Promise.resolve()
  }
  readonly refuse: FactsStore['refuse'] = (_, { message }) => {
    this.refused.push(message)
  }
}

async function inspect(image: BuiltImage, options: Partial<InspectOptions> = {}): Promise<InspectionReport> {
  return await inspectImage(image.source, image.descriptor, { reference: 'any', ...options })
}

const exception = { rule: 'interpreter', path: '/bin/python3', reason: 'wanted', expires: '2999-12-31' }

describe('a remembered report', () => {
  test('stands for the same question about the same image', async () => {
    const image = await buildImage(python)
    const facts = new Reports()
    const first = await inspect(image, { facts })
    expect(facts.given).toBe(0)
    expect(await inspect(image, { facts })).toEqual(first)
    expect(facts.given).toBe(1)
  })

  test.each<readonly [string, Partial<InspectOptions>]>([
    ['a declared runtime', { declared: ['python'] }],
    ['an exception', { exceptions: [exception] }],
    ['an inventory', { inventory: true }],
    ['a list of files', { files: true }],
  ])('does not stand for %s', async (_, options) => {
    const image = await buildImage(python)
    const facts = new Reports()
    await inspect(image, { facts })
    expect(await inspect(image, { facts, ...options })).toEqual(await inspect(image, options))
    expect(facts.given).toBe(0)
  })

  test('does not stand for another image of the same layers', async () => {
    const facts = new Reports()
    await inspect(await buildImage(python), { facts })
    const other = await buildImage({ ...python, config: { User: '65532' } })
    expect(await inspect(other, { facts })).toEqual(await inspect(other))
    // It was not even asked for.
    expect(facts).toMatchObject({ given: 0, refused: [] })
  })

  test('does not stand for the image under another platform', async () => {
    const facts = new Reports()
    const image = await buildImage(python)
    for (const architecture of ['amd64', 'arm64']) {
      const index = buildIndex([{ image, platform: { os: 'linux', architecture } }])
      const { images } = await inspect(index, { facts })
      expect(images.map(({ platform }) => platform)).toEqual([`linux/${architecture}`])
    }
  })

  test('leaves out nobody who examines the image', async () => {
    const image = await buildImage(python)
    const facts = new Reports()
    await inspect(image, { facts })
    const seen: number[] = []
    await inspect(image, { facts, examine: ({ layers }) => seen.push(layers.length) })
    expect(seen).toEqual([1])
  })

  test('is not kept of a layer that was not read to its end', async () => {
    const facts = new Reports()
    await inspect(await buildImage({ layers: [{ tar: Buffer.alloc(700, 'x') }] }), { facts })
    expect(facts.held.size).toBe(0)
  })

  test('is not kept of a file that was not read to its end', async () => {
    const facts = new Reports()
    const content = Buffer.alloc(33_554_433, '\n')
    const entries = [{ kind: 'file', path: 'var/lib/dpkg/status', content } as const]
    const report = await inspect(await buildImage({ layers: [{ entries }] }), { facts })
    expect(report.images[0]?.findings.map(({ rule }) => rule)).toContain('unread-inventory')
    expect(facts.held.size).toBe(0)
  })

  test('of another image, cut or longer than it was, is refused', async () => {
    const image = await buildImage(python)
    const facts = new Reports()
    const first = await inspect(image, { facts })
    const other = new Reports()
    await inspect(await buildImage({ ...python, config: { User: '1' } }), { facts: other })
    const [[name = '', bytes = Buffer.alloc(0)] = []] = facts.held
    const [foreign = Buffer.alloc(0)] = other.held.values()
    for (const broken of [foreign, bytes.subarray(1), Buffer.concat([bytes, bytes]), Buffer.alloc(0)]) {
      facts.held.set(name, broken)
      expect(await inspect(image, { facts })).toEqual(first)
    }
    expect(facts.refused).toHaveLength(4)
  })
})
