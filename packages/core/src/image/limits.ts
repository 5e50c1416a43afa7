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
  entries: 2_000_000,
  /** Entries of all layers of one image. */
  imageEntries: 2_000_000,
  /** Bytes of paths, link targets and attributes that are kept from all layers of one image. */
  imageKeptBytes: 536_870_912,
  /** Uncompressed bytes of all layers of one image. */
  imageBytes: 68_719_476_736,
  /** Records in the extended headers of all layers of one image. */
  imagePaxRecords: 20_000_000,
  /** Records of one extended header. */
  paxRecords: 16_384,
  /** Oddities between the entries of all layers of one image. */
  imageRemarks: 100_000,
  /** Bytes of the extended attributes of one entry that are kept. */
  xattrBytes: 65_536,
  /** Bytes of all sparse maps of one image. */
  sparseMapBytes: 8_388_608,
  /** Frames of one zstd stream that it may have whatever they hold; beyond, each must hold `zstdFrameBytes` on average. */
  zstdFrames: 50_000,
  /** zstd:chunked has a frame for each file, and each holds at least a tar header. */
  zstdFrameBytes: 64,
  /** Names walked to find what paths of one image lead to, those in the targets of links included. */
  namesWalked: 50_000_000,
  /** Bytes of os-release that are looked at. */
  osReleaseBytes: 65_536,
  /** Bytes of one path or link target; Linux stops at 4096. */
  pathBytes: 4096,
  /** Names in one path. */
  pathDepth: 256,
  /** Bytes of one PAX header, long name or sparse map, as in Go's archive/tar. */
  tarSpecialBytes: 1_048_576,
  /** Zero bytes that the holes of sparse files may expand to, in one image. */
  sparseHoleBytes: 1_073_741_824,
  /** zstd window: 2^27 bytes = 128 MiB, what `zstd -d` accepts without being asked. */
  zstdWindowLog: 27,
  /** Bytes of one metadata file (package database, passwd, os-release) that we parse. */
  metadataBytes: 33_554_432,
  /** Metadata bytes that are kept from one image. */
  metadataTotalBytes: 134_217_728,
  /** Bytes of a file by which one language package describes itself. */
  descriptionBytes: 1_048_576,
  /** Bytes of one jar, war or ear that every inspection opens. */
  javaArchiveBytesAtOnce: 25_165_824,
  /** Bytes of one jar, war or ear that an inventory opens. */
  javaArchiveBytes: 402_653_184,
  /** Bytes that the archives within one jar may inflate to. */
  javaInnerBytes: 268_435_456,
  /** Entries of one jar, war or ear. */
  javaEntries: 200_000,
  /** Bytes of the build information in one Go program. */
  goBuildInfoBytes: 2_097_152,
  /** Bytes of the list of crates in one Rust program, before and after inflating. */
  auditableBytes: 8_388_608,
  /** Pieces of software that the files of one image may tell of. */
  components: 500_000,
  /** Files that the package databases of one image may list. */
  listedFiles: 4_000_000,
  /** Packages of one database. */
  packagesOfDatabase: 200_000,
  /** Programs without metadata that are listed one by one. */
  listedBinaries: 10_000,
  /** Bytes of a table of contents, as stored and as JSON. */
  tocBytes: 33_554_432,
  /** Values and keys in a table of contents. */
  tocValues: 10_000_000,
  /** Bytes that come out of the archives in the files of one layer, and of one image. */
  nestedBytes: 4_294_967_296,
  imageNestedBytes: 17_179_869_184,
  /** Files in the archives of one layer that are looked at. */
  nestedFiles: 2_000_000,
  /** Files in the archives of one layer that are told of. */
  nestedFindings: 1000,
  /** Bytes of memory for the headers of the zips in one layer that are being read. */
  nestedHeaderBytes: 67_108_864,
  /** Archives in archives. */
  nestedDepth: 3,
  /** Symbolic links followed for one path, as in Linux. */
  linkHops: 40,
  /** Findings of one rule; more of them are counted, not listed. */
  findingsOfRule: 200,
} as const
