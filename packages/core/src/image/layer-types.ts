/** Layers that are tars, whatever compression their name claims; the bytes decide that. */
const layerTypes =
  /^application\/vnd\.(?:oci\.image\.layer\.(?:nondistributable\.)?v1\.tar(?:\+(?:gzip|zstd))?|docker\.image\.rootfs\.(?:foreign\.)?diff\.tar(?:\.(?:gzip|zstd))?)$/

/** Whether a media type is that of a layer which runtimes unpack as a tar. */
export function isLayerType(mediaType: string): boolean {
  return layerTypes.test(mediaType)
}

/** Layers that registries may leave out, to be fetched from elsewhere. We never fetch from elsewhere. */
export function isForeignLayer(mediaType: string): boolean {
  return mediaType.includes('.nondistributable.') || mediaType.includes('.foreign.')
}

/** The compression that a media type claims, to compare with what the bytes say. */
export function claimedCompression(mediaType: string): 'gzip' | 'zstd' | 'none' {
  if (/[.+]gzip$/.test(mediaType)) return 'gzip'
  return /[.+]zstd$/.test(mediaType) ? 'zstd' : 'none'
}
