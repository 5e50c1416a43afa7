import { buildImage, type BuiltImage } from '@assay/test-support/image-builder'
import { elfProgram } from '@assay/test-support/inspect'
import { describe, expect, test } from 'vitest'
import { inspectImage, type InspectOptions } from '../inspect-image.ts'
import type { InspectionReport } from '../inspection-report.ts'
import type { FactsStore } from './facts-store.ts'

const description = {
  layers: [{ entries: [{ kind: 'file', path: 'bin/sh', content: elfProgram('GNU bash, version %s') }] }],
} as const

interface Remembering extends FactsStore {
  readonly held: Map<string, Buffer>
  readonly refused: string[]
}

function remembering(): Remembering {
  const held = new Map<string, Buffer>()
  const refused: string[] = []
  return {
    held,
    refused,
    get: async (name) => await Promise.resolve(held.get(name)),
    put: async (name, bytes) => {
      // With a report no layer would be asked for.
      if (!name.startsWith('["report"')) held.set(name, bytes)
      await Promise.resolve()
    },
    refuse: (_, reason) => refused.push(reason.message),
  }
}

interface Counted {
  readonly image: BuiltImage
  /** The digests that were opened. */
  readonly opened: string[]
  readonly inspect: (options?: Partial<InspectOptions>) => Promise<InspectionReport>
}

async function counted(image: BuiltImage): Promise<Counted> {
  const opened: string[] = []
  const source: BuiltImage['source'] = {
    ...image.source,
    open: (descriptor, call) => {
      opened.push(descriptor.digest)
      return image.source.open(descriptor, call)
    },
  }
  const inspect: Counted['inspect'] = async (options = {}) =>
    await inspectImage(source, image.descriptor, { reference: 'any', ...options })
  return await Promise.resolve({ image, opened, inspect })
}

describe('what is remembered', () => {
  test('a known layer is not opened again; the config is', async () => {
    const { opened, inspect } = await counted(await buildImage(description))
    const facts = remembering()
    const first = await inspect({ facts })
    const layer = first.images[0]?.layers[0]?.digest ?? ''
    const config = first.images[0]?.config.digest ?? ''
    expect(opened).toContain(layer)
    opened.length = 0
    expect(await inspect({ facts })).toEqual(first)
    expect(opened).toContain(config)
    expect(opened).not.toContain(layer)
  })

  test('facts of one kind do not stand for another: a listing knows no digests', async () => {
    const { inspect } = await counted(await buildImage(description))
    const facts = remembering()
    await inspect({ facts })
    const names = [...facts.held.keys()]
    await inspect({ facts, files: true })
    expect([...facts.held.keys()].length).toBeGreaterThan(names.length)
  })

  test('the same blob under another media type is another layer', async () => {
    const facts = remembering()
    const { inspect } = await counted(await buildImage(description))
    await inspect({ facts })
    const names = [...facts.held.keys()].filter((name) => name.startsWith('["layer"'))
    const other = await counted(
      await buildImage({
        layers: [
          { ...description.layers[0], mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' },
        ],
      }),
    )
    await other.inspect({ facts })
    expect([...facts.held.keys()].filter((name) => name.startsWith('["layer"')).length).toBe(names.length + 1)
  })

  test('a layer that cannot be read to its end is not kept', async () => {
    const image = await buildImage({ layers: [{ tar: Buffer.alloc(700, 'x') }] })
    const facts = remembering()
    const { inspect } = await counted(image)
    expect((await inspect({ facts })).verdict).toBe('undecidable')
    expect(facts.held.size).toBe(0)
    expect((await inspect({ facts })).verdict).toBe('undecidable')
  })

  test('another diffID in the config is noticed with the layer remembered', async () => {
    const facts = remembering()
    const { inspect } = await counted(await buildImage(description))
    await inspect({ facts })
    const lying = await buildImage({
      ...description,
      configOverrides: { rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] } },
    })
    const report = await (await counted(lying)).inspect({ facts })
    expect(report.images[0]?.findings.map(({ rule }) => rule)).toContain('layer-integrity')
  })

  test('A-69: two images of the same layers and another config keep what their configs say', async () => {
    const facts = remembering()
    const reports = []
    for (const User of ['0', '65532']) {
      const { inspect } = await counted(await buildImage({ ...description, config: { User } }))
      const report = await inspect({ facts })
      expect(report).toEqual(await inspect())
      reports.push(report.images[0]?.config.uid)
    }
    expect(reports).toEqual([0, 65_532])
  })

  test('bytes that nobody wrote so are refused, and the layer is read', async () => {
    const { inspect } = await counted(await buildImage(description))
    const facts = remembering()
    const first = await inspect({ facts })
    for (const [name, bytes] of facts.held) {
      for (const broken of [
        bytes.subarray(0, bytes.length - 1),
        Buffer.concat([bytes, bytes]),
        Buffer.from('x'),
      ]) {
        facts.held.set(name, broken)
        expect(await inspect({ facts })).toEqual(first)
      }
    }
    expect(facts.refused.length).toBeGreaterThan(2)
  })
})
