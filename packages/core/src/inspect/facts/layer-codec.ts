import { isDigest, type Digest } from '@assay/registry'
import type {
  ArchiveForm,
  ByteRange,
  Component,
  ContentFacts,
  ContentMatch,
  ElfFacts,
  InnerFile,
  UnseenContent,
} from '../../image/content-facts.ts'
import type { Compression } from '../../image/decompress.ts'
import type { EntryType } from '../../image/entry-type.ts'
import type { BudgetUse } from '../../image/image-budget.ts'
import type { LayerRemark } from '../../image/layer.ts'
import type { Ambiguity } from '../../image/tar-ambiguity.ts'
import type { TarEntry } from '../../image/tar-entry.ts'
import type { CaptureBudget } from '../content/capture/file-capture.ts'
import {
  bytes,
  count,
  known,
  list,
  maybe,
  numbers,
  oneOf,
  record,
  text,
  textList,
  texts,
  truth,
  type Codec,
} from './codec.ts'

// Every field of what a layer tells has its codec here; one that has none does not compile.

const typeNames: Readonly<Record<EntryType, true>> = {
  file: true,
  directory: true,
  symlink: true,
  hardlink: true,
  'character-device': true,
  'block-device': true,
  fifo: true,
  other: true,
}

const entryType: Codec<EntryType> = oneOf<EntryType>(typeNames)

/** The types of plain entries, by the number that stands for them; 0 stands for none. */
export const entryTypes: readonly (EntryType | undefined)[] = [
  undefined,
  ...Object.keys(typeNames).map((name) => entryType.read(name)),
]

const ambiguity: Codec<Ambiguity> = oneOf<Ambiguity>({
  'gnu-name-over-pax': true,
  'mixed-extensions': true,
  'gnu-prefix': true,
  'repeated-extension': true,
  'dangling-extension': true,
  'global-override': true,
  'global-header': true,
  'size-without-content': true,
  'pax-size-differs': true,
  sparse: true,
  'old-gnu-sparse': true,
  'file-named-as-directory': true,
  'unknown-type': true,
  'bytes-after-end': true,
})

const elf: Codec<ElfFacts> = record<ElfFacts>({
  executable: truth,
  interpreter: maybe(text),
  packed: truth,
  auditable: maybe(record<ByteRange>({ offset: count, size: count })),
})

/** A piece of software that a file told of. */
export const component: Codec<Component> = record<Component>({
  ecosystem: oneOf<Component['ecosystem']>({
    npm: true,
    pypi: true,
    golang: true,
    cargo: true,
    maven: true,
    generic: true,
  }),
  name: text,
  version: text,
  group: maybe(text),
  license: maybe(text),
  inner: maybe(text),
  sha256: maybe(text),
})

const archive: Codec<ArchiveForm> = oneOf<ArchiveForm>({
  zip: true,
  gzip: true,
  zstd: true,
  xz: true,
  bzip2: true,
  tar: true,
  ar: true,
  cpio: true,
  squashfs: true,
  '7z': true,
})

const match: Codec<ContentMatch> = record<ContentMatch>({ signature: text, offset: count, excerpt: text })

const form: Codec<ContentFacts['form']> = oneOf<ContentFacts['form']>({
  elf: true,
  script: true,
  archive: true,
  other: true,
})

const innerFile: Codec<InnerFile> = record<InnerFile>({
  path: text,
  form,
  executable: truth,
  matches: list(match),
})

const unseenContent: Codec<UnseenContent> = record<UnseenContent>({
  path: text,
  reason: text,
})

/** What one file told. */
export const contentFacts: Codec<ContentFacts> = record<ContentFacts>({
  form,
  sha256: maybe(text),
  md5: maybe(text),
  elf: maybe(elf),
  shebang: maybe(text),
  shebangArgument: maybe(text),
  archive: maybe(archive),
  matches: list(match),
  inner: maybe(list(innerFile)),
  unseen: maybe(list(unseenContent)),
  metadata: maybe(bytes),
  cutShort: maybe(truth),
  components: maybe(list(component)),
  unreadComponents: maybe(text),
})

/** An entry with more to say than a plain one. */
const tarEntry: Codec<TarEntry> = record<TarEntry>({
  path: text,
  linkTarget: text,
  type: entryType,
  size: count,
  mode: count,
  uid: count,
  gid: count,
  deviceMajor: count,
  deviceMinor: count,
  xattrs: maybe(texts),
  offset: count,
  ambiguities: list(ambiguity),
})

/** Some entries that follow each other; most are plain, and stand in columns. */
export interface EntryBlock {
  readonly path: readonly string[]
  /** Of all entries, the number of their type in `entryTypes`; 0 for an entry that is not plain. */
  readonly type: Float64Array
  readonly size: Float64Array
  readonly mode: Float64Array
  readonly uid: Float64Array
  readonly gid: Float64Array
  readonly offset: Float64Array
  /** For each entry: 0 for no facts, else the number of its facts, counted from 1. */
  readonly facts: Float64Array
  /** The entries that are not plain, in their order. */
  readonly odd: readonly TarEntry[]
}

export const entryBlock: Codec<EntryBlock> = record<EntryBlock>({
  path: textList,
  type: numbers,
  size: numbers,
  mode: numbers,
  uid: numbers,
  gid: numbers,
  offset: numbers,
  facts: numbers,
  odd: list(tarEntry),
})

/** What there is to say about a layer besides its entries. */
export interface LayerHead {
  readonly compression: Compression
  readonly uncompressedSize: number
  readonly actualDiffId: Digest
  readonly remarks: readonly LayerRemark[]
  readonly use: BudgetUse
  /** What its files took of what one image may keep. */
  readonly captured: CaptureBudget
  readonly blocks: number
  readonly facts: number
}

export const layerHead: Codec<LayerHead> = record<LayerHead>({
  compression: oneOf<Compression>({ gzip: true, zstd: true, none: true }),
  uncompressedSize: count,
  actualDiffId: known(isDigest, 'a digest'),
  remarks: list(record<LayerRemark>({ ambiguity, offset: count, name: maybe(text) })),
  use: record<BudgetUse>({
    entries: count,
    keptBytes: count,
    holeBytes: count,
    mapBytes: count,
    contentBytes: count,
    records: count,
    remarks: count,
  }),
  captured: record<CaptureBudget>({ metadata: count, components: count }),
  blocks: count,
  facts: count,
})
