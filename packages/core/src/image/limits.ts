/**
 * Every bound on what an image may make us read or keep. Reaching one is an error of code LIMIT_EXCEEDED, which
 * makes the verdict undecidable: it is never "nothing found".
 */
export const LIMITS = {
  /** Layers of one image; runtimes stop near 127. */
  layers: 512,
  /** Manifests below one index, nested ones included. */
  manifests: 1000,
  /** Indexes within indexes. */
  indexDepth: 4,
  /** Bytes of an image config. */
  configBytes: 8_388_608,
  /** Uncompressed bytes of one layer. */
  layerBytes: 68_719_476_736,
  /** Uncompressed bytes for each compressed byte, once a layer is larger than `ratioFrom`. gzip cannot exceed 1032. */
  ratio: 400,
  ratioFrom: 67_108_864,
  /** Entries of one layer. */
  entries: 5_000_000,
  /** Bytes of one path or link target; Linux stops at 4096. */
  pathBytes: 4096,
  /** Names in one path. */
  pathDepth: 256,
  /** Bytes of one PAX header, long name or sparse map, as in Go's archive/tar. */
  tarSpecialBytes: 1_048_576,
  /** Zero bytes that the holes of sparse files may expand to, in one layer. */
  sparseHoleBytes: 1_073_741_824,
  /** zstd window: 2^27 bytes = 128 MiB, what `zstd -d` accepts without being asked. */
  zstdWindowLog: 27,
  /** Bytes of one metadata file (package database, passwd, os-release) that we parse. */
  metadataBytes: 33_554_432,
  /** Metadata bytes that are kept from one image. */
  metadataTotalBytes: 134_217_728,
  /** Symbolic links followed for one path, as in Linux. */
  linkHops: 40,
  /** Findings of one rule; more of them are counted, not listed. */
  findingsOfRule: 200,
} as const
