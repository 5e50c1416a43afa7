import type { ContentFacts } from '../image/content-facts.ts'
import type { Layer, LayerEntry } from '../image/layer.ts'
import { LIMITS } from '../image/limits.ts'
import type { ImageManifest } from '../image/load-images.ts'
import type { Exception } from './demand/exception.ts'
import type { Rootfs } from '../image/overlay.ts'
import { childOf, walk } from '../image/overlay-tree.ts'
import type { ToldComponents } from './content/capture/told-components.ts'
import type { DigestAlgorithm } from './packages/databases/database.ts'

/** Everything that checks look at: one image, all its layers read, applied to each other. */
export interface InspectedImage {
  readonly image: ImageManifest
  readonly layers: readonly Layer[]
  readonly rootfs: Rootfs
  /** Digests that were not taken when their layer was first read. */
  readonly digests: ReadonlyMap<LayerEntry, ContentDigests>
  /** The crates in Rust programs, which their layer is read a second time for. */
  readonly crates: ReadonlyMap<LayerEntry, ToldComponents>
  /** Runtimes that the caller says belong in the image, e.g. `python`. */
  readonly declared: ReadonlySet<string>
  /** What somebody answers for; only those that have not ended. */
  readonly exceptions: readonly Exception[]
}

export type ContentDigests = Readonly<Partial<Record<DigestAlgorithm, string>>>

/** What the content of an entry hashes to, where that was needed. Lower-case hex. */
export function digestsOf(inspected: InspectedImage, entry: LayerEntry): ContentDigests {
  const content = contentOf(inspected, entry)
  const { sha256, md5 } = content.facts ?? {}
  return {
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(md5 === undefined ? {} : { md5 }),
    ...inspected.digests.get(content),
  }
}

/** The entry that holds the content: of a hardlink, the one that it binds to. */
export function contentOf({ rootfs }: InspectedImage, entry: LayerEntry): LayerEntry {
  return entry.type === 'hardlink' ? (rootfs.linkTargets.get(entry) ?? entry) : entry
}

/** What the content of an entry told; of a hardlink, the content that it binds to. */
export function factsOf(inspected: InspectedImage, entry: LayerEntry): ContentFacts | undefined {
  return contentOf(inspected, entry).facts
}

/** Whether the container sees this entry. */
export function isPresent(inspected: InspectedImage, entry: LayerEntry): boolean {
  return !inspected.rootfs.fates.has(entry)
}

/** Whether every layer was read to its end: only then is what was not found not there. */
export function isWholeImage({ layers }: InspectedImage): boolean {
  return layers.every(({ failure }) => failure === undefined)
}

/** What a path leads to in the container, links followed. */
export function entryAt(inspected: InspectedImage, path: string): LayerEntry | undefined {
  return childOf(inspected.rootfs.root, path, LIMITS.linkHops)?.entry
}

/** The metadata file that a path leads to in the container, as text. */
export function metadataAt(inspected: InspectedImage, path: string): string | undefined {
  const entry = entryAt(inspected, path)
  const facts = entry === undefined ? undefined : factsOf(inspected, entry)
  return facts?.metadata?.toString('utf8')
}

/** Whether an entry is a program: an ELF, or a script whose interpreter is there. */
export function isProgram(inspected: InspectedImage, entry: LayerEntry): boolean {
  const facts = factsOf(inspected, entry)
  if (facts?.form !== 'script') return facts?.form === 'elf'
  return interpreterOf(inspected, facts) !== undefined || leadsIntoKernel(inspected, facts.shebang ?? '')
}

/** Where the link of an entry leads: of a symlink, and of a hardlink to one. */
export function linkOf({ rootfs }: InspectedImage, entry: LayerEntry): string | undefined {
  const held = rootfs.linkTargets.get(entry) ?? entry
  return held.type === 'symlink' ? held.linkTarget : undefined
}

/**
 * Whether a path ends in a file system that the runtime mounts, which no layer shows: `/proc/self/root` is the whole
 * container again.
 */
export function leadsIntoKernel({ rootfs }: InspectedImage, path: string): boolean {
  const way = walk(rootfs.root, path, LIMITS.linkHops)
  return way.node === undefined && /^(?:proc|sys|dev)\//.test(way.path)
}

/** The interpreter of a script, if the container has it: from the root, or from where programs start. */
export function interpreterOf(inspected: InspectedImage, facts: ContentFacts): LayerEntry | undefined {
  const path = facts.shebang ?? ''
  if (path === '') return undefined
  const found = entryAt(inspected, path)
  if (found !== undefined || path.startsWith('/')) return found
  return entryAt(inspected, `${inspected.image.config.workingDirectory}/${path}`)
}
