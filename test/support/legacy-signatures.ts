import { createHash, sign, type KeyObject } from 'node:crypto'
import { json } from '@sigstore/core'
import { digestOf, mediaTypes, streamOf, type ContentStore, type Descriptor } from '@assay/registry'
import type { VirtualSigstore } from './sigstore/virtual-sigstore.ts'
import { signingTime } from './verification.ts'

/** One signature or attestation of old: its blob and its annotations. */
export interface LegacyLayer {
  readonly payload: Uint8Array
  readonly annotations: Readonly<Record<string, string>>
  readonly mediaType?: string
}

async function put(store: ContentStore, bytes: Uint8Array, mediaType: string): Promise<Descriptor> {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
  await store.push(descriptor, streamOf(bytes))
  return descriptor
}

/** The smallest manifest, another for each name. */
export async function namedImage(store: ContentStore, name: string): Promise<Descriptor> {
  const config = await put(store, Buffer.from('{}'), mediaTypes.ociConfig)
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config,
    layers: [],
    annotations: { name },
  }
  return await put(store, Buffer.from(JSON.stringify(manifest)), mediaTypes.ociManifest)
}

/** Writes what cosign up to version 2 wrote: a manifest under the image's `.sig` or `.att` tag. */
export async function attachLegacy(
  store: ContentStore,
  subject: Descriptor,
  written: {
    readonly suffix: 'sig' | 'att'
    readonly layers: readonly LegacyLayer[]
    readonly tagPrefix?: string
  },
): Promise<void> {
  const { suffix, layers, tagPrefix = '' } = written
  const config = await put(store, Buffer.from('{}'), mediaTypes.ociConfig)
  const descriptors: Descriptor[] = []
  for (const { payload, annotations, mediaType } of layers) {
    // oxlint-disable-next-line no-await-in-loop -- in order
    const layer = await put(
      store,
      payload,
      mediaType ?? (suffix === 'sig' ? mediaTypes.simpleSigning : mediaTypes.dsseEnvelope),
    )
    descriptors.push({ ...layer, annotations })
  }
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: descriptors }
  const descriptor = await put(store, Buffer.from(JSON.stringify(manifest)), mediaTypes.ociManifest)
  await store.tag(descriptor, `${tagPrefix}${subject.digest.replace(':', '-')}.${suffix}`)
}

/** Cosign's payload about an image. */
export function simpleSigning(
  digest: string,
  changes: { readonly type?: string; readonly optional?: unknown } = {},
): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': 'registry.test/app' },
        image: { 'docker-manifest-digest': digest },
        type: changes.type ?? 'cosign container image signature',
      },
      optional: changes.optional ?? null,
    }),
  )
}

/** A layer signed by a key and logged in the virtual Rekor v1, as cosign v2 did it. */
export function signedLayer(
  sigstore: VirtualSigstore,
  payload: Uint8Array,
  keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
): LegacyLayer {
  const signature = sign('sha256', payload, keys.privateKey).toString('base64')
  const { annotations } = logged(sigstore, {
    payload,
    signature,
    pem: keys.publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  })
  return { payload, annotations: { 'dev.cosignproject.cosign/signature': signature, ...annotations } }
}

function logged(
  sigstore: VirtualSigstore,
  about: { readonly payload: Uint8Array; readonly signature: string; readonly pem: string },
): { readonly annotations: Readonly<Record<string, string>> } {
  const value = createHash('sha256').update(about.payload).digest('hex')
  const body = Buffer.from(
    json.canonicalize({
      apiVersion: '0.0.1',
      kind: 'hashedrekord',
      spec: {
        data: { hash: { algorithm: 'sha256', value } },
        signature: {
          content: about.signature,
          publicKey: { content: Buffer.from(about.pem).toString('base64') },
        },
      },
    }),
  ).toString('base64')
  const { keyId, keys } = sigstore.services.rekorV1
  const Payload = {
    body,
    integratedTime: signingTime.getTime() / 1000,
    logIndex: 42,
    logID: Buffer.from(keyId).toString('hex'),
  }
  const SignedEntryTimestamp = sign(
    'sha256',
    Buffer.from(json.canonicalize(Payload)),
    keys.privateKey,
  ).toString('base64')
  return { annotations: { 'dev.sigstore.cosign/bundle': JSON.stringify({ SignedEntryTimestamp, Payload }) } }
}
