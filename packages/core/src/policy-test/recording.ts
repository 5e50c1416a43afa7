import { isDigest, type Digest } from '@assay/registry'
import { field, isMissing, listOf, textOf, timeOf, type JsonNode } from '../json/json-node.ts'
import { readRecord } from '../json/record.ts'

/**
 * What an image and all that is attached to it was at one time: raw bytes, so that every signature is verified anew
 * whenever the recording is used. No fact and no answer is kept.
 */
export interface RecordingManifest {
  /** The reference as somebody named it. */
  readonly image: string
  readonly digest: Digest
  /** The time for which the recording is used unless a test names another. */
  readonly recordedAt: Date
  /** The digest of the trusted root beside it. */
  readonly trustRoot: Digest
  /** Whether layers were recorded: without them what inspects the image cannot be decided. */
  readonly layers: boolean
  /** The digest of the layout's index.json: what is attached can neither be added nor taken away unnoticed. */
  readonly index: Digest
  /** Repositories that hold signatures apart from the image (`source.oci`). */
  readonly sources: readonly RecordedSource[]
  /** Programs that policies name by URL. */
  readonly programs: readonly Digest[]
}

export interface RecordedSource {
  readonly repository: string
  /** The folder of its layout, within the recording. */
  readonly folder: string
  readonly index: Digest
}

/** The files of a recording, within its folder. */
export const recordingFiles = {
  manifest: 'recording.json',
  trustRoot: 'trusted_root.json',
  image: 'image',
  programs: 'programs',
} as const

const maxSources = 100
/** How many programs one recording holds at most. */
export const maxPrograms: number = 100

export function printRecording(manifest: RecordingManifest): string {
  const { recordedAt, ...rest } = manifest
  return `${JSON.stringify({ schema, ...rest, recordedAt: recordedAt.toISOString() }, null, 2)}\n`
}

/**
 * Reads a `recording.json`.
 * @throws RecordError MALFORMED_RECORD
 */
export function parseRecording(bytes: Uint8Array, on: string): RecordingManifest {
  const hint = 'make it with assay policy record'
  const root = readRecord(bytes, { on, what: 'recording of an image', hint })
  const found = textOf(field(root, 'schema'))
  if (found !== schema) throw root.refuse(`its schema is ${JSON.stringify(found.slice(0, 80))}`)
  return {
    image: textOf(field(root, 'image')),
    digest: digestAt(field(root, 'digest')),
    recordedAt: timeOf(field(root, 'recordedAt')),
    trustRoot: digestAt(field(root, 'trustRoot')),
    layers: flagAt(field(root, 'layers')),
    index: digestAt(field(root, 'index')),
    sources: listOf(field(root, 'sources'), maxSources).map((source) => ({
      repository: textOf(field(source, 'repository')),
      folder: folderAt(field(source, 'folder')),
      index: digestAt(field(source, 'index')),
    })),
    programs: programsAt(field(root, 'programs')),
  }
}

const schema = 'assay.recording/v1'

/** A recording may have been made before there were any. */
function programsAt(node: JsonNode): readonly Digest[] {
  return isMissing(node) ? [] : listOf(node, maxPrograms).map(digestAt)
}

function digestAt(node: JsonNode): Digest {
  const text = textOf(node)
  if (isDigest(text)) return text
  throw node.refuse(`${node.path} is not a digest`)
}

function flagAt(node: JsonNode): boolean {
  if (typeof node.value === 'boolean') return node.value
  throw node.refuse(isMissing(node) ? `${node.path} is missing` : `${node.path} is not true or false`)
}

/** A name of our own making, so that no path leaves the recording. */
function folderAt(node: JsonNode): string {
  const text = textOf(node)
  if (/^source-\d{1,3}$/.test(text)) return text
  throw node.refuse(`${node.path} is not a folder of a recording`)
}
