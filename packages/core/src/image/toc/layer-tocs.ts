import { createHash } from 'node:crypto'
import { digestOf, type Call, type ContentSource } from '@assay/registry'
import type { Layer, LayerToc } from '../layer.ts'
import { LIMITS } from '../limits.ts'
import { unzstdWhole } from '../zstd-whole.ts'
import { announcedTocs, stargzIndex } from './announced-toc.ts'
import { compareToc } from './compare-toc.ts'
import { contentsThatDiffer } from './toc-contents.ts'
import { parseToc, TocError } from './toc-document.ts'

/**
 * Compares the tables of contents of a layer with its tar. A layer that has one is read a second time.
 * @throws RegistryError as reading a layer
 */
export async function layerTocs(
  source: ContentSource,
  layer: Layer,
  call: Call | undefined,
): Promise<readonly LayerToc[]> {
  if (layer.failure !== undefined) return []
  const tocs: LayerToc[] = []
  for (const { kind, bytes } of tablesOf(layer)) {
    // One after the other: each reads the whole layer.
    // oxlint-disable-next-line no-await-in-loop -- see above
    tocs.push({ kind, differences: await differencesOf(source, { layer, bytes }, call) })
  }
  return tocs
}

interface Table {
  readonly kind: LayerToc['kind']
  /** Its JSON, or why there is none. */
  readonly bytes: Uint8Array | string
}

function* tablesOf(layer: Layer): Generator<Table> {
  const announced = announcedTocs(layer.descriptor)
  const index = layer.entries.findLast((entry) => entry.path === stargzIndex)
  if (announced.stargz !== undefined || index !== undefined) {
    yield { kind: 'eStargz', bytes: stargzTable(index?.facts?.metadata, announced.stargz) }
  }
  if (announced.chunked !== undefined) {
    yield { kind: 'zstd:chunked', bytes: chunkedTable(layer.chunkedToc, announced.chunked.digest) }
  }
}

function stargzTable(content: Uint8Array | undefined, digest: string | undefined): Uint8Array | string {
  if (content === undefined) return 'it is announced, and the layer has none that can be read'
  const isAnnounced = digest === undefined || digestOf(content) === digest
  return isAnnounced ? content : 'it does not have the digest that the manifest announces'
}

function chunkedTable(compressed: Uint8Array | undefined, digest: string): Uint8Array | string {
  if (compressed === undefined) return 'it is announced without a place that can be read'
  if (`sha256:${createHash('sha256').update(compressed).digest('hex')}` !== digest) {
    return 'it does not have the digest that the manifest announces'
  }
  return unzstdWhole(compressed, LIMITS.tocBytes) ?? 'it is broken, or too large to be compared'
}

async function differencesOf(
  source: ContentSource,
  { layer, bytes }: { readonly layer: Layer; readonly bytes: Uint8Array | string },
  call: Call | undefined,
): Promise<readonly string[]> {
  if (typeof bytes === 'string') return [bytes]
  try {
    const { differences, files } = compareToc(layer, parseToc(bytes))
    return [...differences, ...(await contentsThatDiffer(source, { layer, files }, call))]
  } catch (error) {
    if (error instanceof TocError) return [`it cannot be read: ${error.message}`]
    throw error
  }
}
