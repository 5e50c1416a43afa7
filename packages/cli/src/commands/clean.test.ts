import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  createLayout,
  digestOf,
  mediaTypes,
  streamOf,
  type ContentStore,
  type Descriptor,
} from '@assay/registry'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { main } from '../program.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-clean-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true })
})

async function push(store: ContentStore, fields: object): Promise<Descriptor> {
  const put = async (mediaType: string, text: string): Promise<Descriptor> => {
    const bytes = Buffer.from(text)
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
    await store.push(descriptor, streamOf(bytes))
    return descriptor
  }
  const config = await put(mediaTypes.ociEmpty, '{}')
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [], ...fields }
  return await put(mediaTypes.ociManifest, JSON.stringify(manifest))
}

/** Cleans an image with one attachment; somebody at the terminal types `answer`. */
async function cleanWith(answer: string): Promise<{ code: number; asked: string; left: number }> {
  const store = await createLayout(folder)
  const image = await push(store, {})
  await store.tag(image, 'v1')
  await push(store, { subject: image, artifactType: 'application/scan' })
  let asked = ''
  const code = await main(['clean', '--type', 'all', `oci:${folder}:v1`], {
    env: {},
    now: new Date(),
    stdin: Readable.from([answer]),
    terminal: { stdin: true, stdout: false, stderr: false },
    signal: new AbortController().signal,
    writeOut: () => Promise.resolve(),
    writeErr: (text) => {
      asked += text
      return Promise.resolve()
    },
  })
  let left = 0
  for await (const _ of store.referrers(image.digest)) left += 1
  return { code, asked, left }
}

describe('the question before something is removed', () => {
  it('names what would go, and takes yes', async () => {
    const { code, asked, left } = await cleanWith('y\n')
    expect({ code, left }).toEqual({ code: 0, left: 0 })
    expect(asked).toContain('application/scan')
  })

  it.each(['n\n', '\n', 'yess\n', ''])('takes %j for no', async (answer) => {
    expect(await cleanWith(answer)).toMatchObject({ code: 2, left: 1 })
  })
})
