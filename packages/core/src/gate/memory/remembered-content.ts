import {
  digestAlgorithm,
  digestOf,
  isIndexType,
  isManifestType,
  mediaTypes,
  readAll,
  RegistryError,
  verifiedStream,
  type ContentSource,
  type Descriptor,
  type OpenCall,
} from '@assay/registry'
import type { FactsStore } from '../../inspect/facts/facts-store.ts'

/** Bytes of the largest content that is remembered. */
const maxSize = 4 * 1024 * 1024

/**
 * A place whose manifests, configurations and signed attachments are remembered by their digest, and hashed each time
 * that they are: what was changed counts for nothing and is fetched again. Tags, digests and the list of what is
 * attached are asked for each time: the place itself says who may read an image, and what is attached to it now.
 */
export function rememberedContent<Source extends ContentSource>(source: Source, store: FactsStore): Source {
  return {
    ...source,
    open: (descriptor, call) =>
      isRemembered(descriptor)
        ? verifiedStream(descriptor, remembered(descriptor, { source, store }, call))
        : source.open(descriptor, call),
  }
}

async function* remembered(
  descriptor: Descriptor,
  { source, store }: { readonly source: ContentSource; readonly store: FactsStore },
  call: OpenCall | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { digest, size } = descriptor
  const name = JSON.stringify(['content', digest])
  const known = await store.get(name)
  if (known !== undefined) {
    const got = digestOf(known, digestAlgorithm(digest))
    if (got === digest && known.byteLength === size) {
      yield known
      return
    }
    const message = 'remembered content does not have its digest'
    store.refuse(name, new RegistryError('CONTENT_MISMATCH', message, { on: digest, expected: digest, got }))
  }
  // The stream of a place ends in an error unless the bytes have their digest: nothing else is kept.
  const bytes = await readAll(source.open(descriptor, keeping(call)), { limit: maxSize, on: digest })
  await store.put(name, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  yield bytes
}

/** The same call, of a reader that keeps all chunks until the last one is there. */
function keeping(call: OpenCall | undefined): OpenCall {
  return { ...call, transient: false }
}

/** Never a layer: those are large, and what is in them is remembered otherwise. */
function isRemembered({ mediaType, size }: Descriptor): boolean {
  return size <= maxSize && (isManifestType(mediaType) || isIndexType(mediaType) || isSmallType(mediaType))
}

function isSmallType(mediaType: string): boolean {
  return smallTypes.has(mediaType) || mediaType.startsWith('application/vnd.dev.sigstore.bundle')
}

const smallTypes: ReadonlySet<string> = new Set([
  mediaTypes.ociConfig,
  mediaTypes.dockerConfig,
  mediaTypes.simpleSigning,
  mediaTypes.dsseEnvelope,
])
