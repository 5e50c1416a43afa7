import {
  nameOf,
  openArchive,
  openDaemon,
  openLayout,
  mirrorOf,
  openRepository,
  parseReference,
  RegistryError,
  type Call,
  type ContentStore,
  type Descriptor,
  type Mirror,
  type Reference,
  type RegistryReference,
  type Transport,
} from '@assay/registry'
import { readFromMirror, withAttachments } from './joined-stores.ts'

/** An image that somebody named, found: where it lives and the manifest or index that the name stands for. */
export interface OpenedImage {
  readonly reference: Reference
  readonly store: ContentStore
  readonly root: Descriptor
  /** The name with the digest that it stood for: `host/repository@sha256:…` or `oci:DIR@sha256:…`. */
  readonly name: string
  /** The place without tag and digest: `host/repository`, or the layout's directory. */
  readonly place: string
}

export interface OpenOptions {
  /** Connects to a registry; called only when one is named, so that layouts open no socket. */
  readonly connect: (reference: RegistryReference) => Promise<Connection>
  /** Where images of registries are read instead of where their names say. Names stay as they are. */
  readonly mirrors?: readonly Mirror[]
  /** The repository in which signatures and attestations of images in registries are kept. */
  readonly attachments?: RegistryReference
  /** The variables that say where a Docker engine is; without them, where it usually is. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** How one registry is reached. */
export interface Connection {
  readonly transport: Transport
  /** Speak http, which the transport must allow too. */
  readonly plainHttp?: boolean
}

/**
 * Finds the image that a reference names.
 * @throws RegistryError INVALID_REFERENCE, AMBIGUOUS_REFERENCE, NOT_FOUND and the codes of reaching the place
 */
export async function openImage(
  image: string | Reference,
  options: OpenOptions,
  call: Call = {},
): Promise<OpenedImage> {
  const reference = typeof image === 'string' ? parseReference(image) : image
  const store = await openStore(reference, options)
  const root = await store.resolve(nameOf(reference), call)
  if (reference.digest !== undefined && root.digest !== reference.digest) throw anotherImage(reference, root)
  const place = placeOf(reference)
  return {
    reference,
    store,
    root,
    place,
    name: `${prefixOf(reference)}${place}@${root.digest}`,
  }
}

/** No place may answer a digest with other bytes, whatever it calls them. */
function anotherImage(reference: Reference, root: Descriptor): RegistryError {
  return new RegistryError(
    'CONTENT_MISMATCH',
    'the place answered with another image than the one that was named',
    {
      on: reference.text,
      ...(reference.digest !== undefined && { expected: reference.digest }),
      got: root.digest,
    },
  )
}

/**
 * Opens the place that a reference names, mirrors and signature repository included, and asks nothing yet.
 * @throws RegistryError INVALID_REFERENCE
 */
export async function openImageStore(text: string, options: OpenOptions): Promise<ContentStore> {
  return await openStore(parseReference(text), options)
}

async function openStore(reference: Reference, options: OpenOptions): Promise<ContentStore> {
  switch (reference.kind) {
    case 'layout':
      return openLayout(reference.path)
    case 'archive':
      return openArchive(reference)
    case 'daemon':
      return openDaemon({ name: reference.name, environment: options.environment ?? {} })
    case 'registry':
      return await openRegistry(reference, options)
  }
}

async function openRegistry(reference: RegistryReference, options: OpenOptions): Promise<ContentStore> {
  const open = async (place: RegistryReference): Promise<ContentStore> =>
    openRepository(place, await options.connect(place))
  const mirror = mirrorOf(reference, options.mirrors ?? [])
  const image =
    mirror === undefined
      ? await open(reference)
      : readFromMirror(await open(mirror), async () => await open(reference))
  return options.attachments === undefined ? image : withAttachments(image, await open(options.attachments))
}

function placeOf(reference: Reference): string {
  if (reference.kind === 'daemon') return reference.name.replace(/(?:@.*|:[^/:]*)$/, '')
  return reference.kind === 'registry' ? `${reference.host}/${reference.repository}` : reference.path
}

function prefixOf(reference: Reference): string {
  if (reference.kind === 'registry') return ''
  if (reference.kind === 'daemon') return 'docker-daemon:'
  return reference.kind === 'layout' ? 'oci:' : `${reference.format}-archive:`
}
