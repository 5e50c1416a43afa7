import { mediaTypes, type Descriptor, type Manifest, type Platform } from '@assay/registry'

/** What else lies in an index, or below it. */
export type OtherManifest = (
  | {
      /** Build provenance or SBOM of a sibling, as BuildKit stores it. */ readonly kind: 'attestation'
      readonly subject: string | undefined
    }
  | { readonly kind: 'artifact'; readonly artifactType: string }
  | { readonly kind: 'unknown' }
) & {
  readonly descriptor: Descriptor
  /** A runtime might take it for the image of a platform: nothing can be said about the whole before it is read. */
  readonly mayRun: boolean
}

const referenceType = 'vnd.docker.reference.type'
const referenceDigest = 'vnd.docker.reference.digest'
const emptyConfig = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'
const inTotoLayers: ReadonlySet<string> = new Set(['application/vnd.in-toto+json'])
const signatureLayers: ReadonlySet<string> = new Set([mediaTypes.simpleSigning, mediaTypes.dsseEnvelope])
/** Besides the two proper types, those that Docker takes for an image config of old registries. */
const imageConfigs: ReadonlySet<string> = new Set([
  mediaTypes.ociConfig,
  mediaTypes.dockerConfig,
  'application/octet-stream',
  'application/json',
  'text/html',
])

/**
 * A child of an index that is an attestation by what the index says. An annotation alone proves nothing: only what
 * no runtime picks, a manifest for the platform unknown/unknown, is passed over unread.
 */
export function listedAttestation(child: Descriptor): OtherManifest | undefined {
  if (child.annotations?.[referenceType] !== 'attestation-manifest' || !isForNobody(child.platform))
    return undefined
  return {
    kind: 'attestation',
    descriptor: child,
    subject: child.annotations[referenceDigest],
    mayRun: false,
  }
}

/** What a manifest is if not an image; undefined for an image. Its layers decide, not how it calls itself. */
export function otherThanImage(manifest: Manifest, listed: Descriptor): OtherManifest | undefined {
  const { config, artifactType } = manifest
  const descriptor = { ...listed, ...manifest.descriptor }
  if (hasOnly(manifest, inTotoLayers)) {
    const subject = listed.annotations?.[referenceDigest] ?? manifest.subject?.digest
    return { kind: 'attestation', descriptor, subject, mayRun: false }
  }
  // cosign's old signatures carry an image config; their layers say what they are.
  if (hasOnly(manifest, signatureLayers)) {
    const [layer] = manifest.layers
    return {
      kind: 'artifact',
      descriptor,
      artifactType: artifactType ?? layer?.mediaType ?? '',
      mayRun: false,
    }
  }
  if (imageConfigs.has(config.mediaType)) return undefined
  const mayRun = !isForNobody(listed.platform) && config.digest !== emptyConfig
  return { kind: 'artifact', descriptor, artifactType: artifactType ?? config.mediaType, mayRun }
}

function hasOnly({ layers }: Manifest, types: ReadonlySet<string>): boolean {
  return layers.length > 0 && layers.every(({ mediaType }) => types.has(mediaType))
}

/** A child whose media type we do not know; a runtime may, if the index offers it for a platform. */
export function unknownManifest(descriptor: Descriptor): OtherManifest {
  return {
    kind: 'unknown',
    descriptor,
    mayRun: descriptor.platform !== undefined && !isForNobody(descriptor.platform),
  }
}

function isForNobody(platform: Platform | undefined): boolean {
  return platform?.os === 'unknown' && platform.architecture === 'unknown'
}
