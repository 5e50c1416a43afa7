import {
  isDigest,
  isJsonArray,
  isJsonObject,
  parseStrictJson,
  RegistryError,
  type Digest,
  type JsonObject,
  type JsonValue,
  type Platform,
} from '@assay/registry'
import { ImageError } from './image-error.ts'

/** The parts of an image config that a runtime acts on (OCI image-spec, config.md). */
export interface ImageConfig {
  readonly platform: Platform
  /** As written: a name or number, with or without a group; empty for none. */
  readonly user: string
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly env: readonly string[]
  readonly workingDirectory: string
  readonly healthcheck: readonly string[]
  /** Docker's `Shell`: what starts command lines; empty for /bin/sh. */
  readonly shell: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly exposedPorts: readonly string[]
  readonly volumes: readonly string[]
  /** As written; not necessarily a time. */
  readonly created: string | undefined
  readonly diffIds: readonly Digest[]
  readonly history: readonly HistoryStep[]
}

interface HistoryStep {
  readonly createdBy: string
  /** A step that made no layer. */
  readonly emptyLayer: boolean
}

/**
 * Reads an image config. Absent parts are empty; a part of another type than the specification's is refused.
 * @throws ImageError MALFORMED_CONFIG
 */
export function parseImageConfig(bytes: Uint8Array, on: string): ImageConfig {
  const document = objectOf(parsed(bytes, on), 'the document', on)
  const config = objectOf(document['config'] ?? {}, 'config', on)
  const rootfs = objectOf(document['rootfs'] ?? {}, 'rootfs', on)
  const text = (object: JsonObject, key: string): string => textOf(object[key] ?? '', key, on)
  const list = (object: JsonObject, key: string): readonly string[] => listOf(object[key] ?? [], key, on)
  const variant = text(document, 'variant')
  return {
    platform: {
      os: text(document, 'os'),
      architecture: text(document, 'architecture'),
      ...(variant === '' ? {} : { variant }),
    },
    user: text(config, 'User'),
    entrypoint: list(config, 'Entrypoint'),
    command: list(config, 'Cmd'),
    env: list(config, 'Env'),
    workingDirectory: text(config, 'WorkingDir'),
    healthcheck: list(objectOf(config['Healthcheck'] ?? {}, 'Healthcheck', on), 'Test'),
    shell: list(config, 'Shell'),
    labels: labelsOf(objectOf(config['Labels'] ?? {}, 'Labels', on), on),
    exposedPorts: Object.keys(objectOf(config['ExposedPorts'] ?? {}, 'ExposedPorts', on)),
    volumes: Object.keys(objectOf(config['Volumes'] ?? {}, 'Volumes', on)),
    created: text(document, 'created') || undefined,
    diffIds: list(rootfs, 'diff_ids').map((diffId) => diffIdOf(diffId, on)),
    history: historyOf(document['history'] ?? [], on),
  }
}

/**
 * The commands that made the layers, one for each, or undefined where the history does not fit them.
 */
export function layerCommands(config: ImageConfig, layers: number): readonly string[] | undefined {
  const steps = config.history.filter((step) => !step.emptyLayer)
  return steps.length === layers ? steps.map((step) => step.createdBy) : undefined
}

function parsed(bytes: Uint8Array, on: string): JsonValue {
  try {
    return parseStrictJson(bytes, { on })
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    throw new ImageError('MALFORMED_CONFIG', 'the image config is not sound JSON', {
      on,
      cause: error,
      got: error.message,
    })
  }
}

function historyOf(value: JsonValue, on: string): readonly HistoryStep[] {
  if (!isJsonArray(value)) throw malformed('history', on)
  return value.map((step) => {
    const object = objectOf(step, 'history', on)
    const empty = object['empty_layer'] ?? false
    if (typeof empty !== 'boolean') throw malformed('empty_layer', on)
    return { createdBy: textOf(object['created_by'] ?? '', 'created_by', on), emptyLayer: empty }
  })
}

function labelsOf(object: JsonObject, on: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, textOf(value ?? '', 'Labels', on)]),
  )
}

function diffIdOf(text: string, on: string): Digest {
  if (isDigest(text)) return text
  throw malformed('diff_ids', on)
}

function objectOf(value: JsonValue, what: string, on: string): JsonObject {
  if (isJsonObject(value)) return value
  throw malformed(what, on)
}

function listOf(value: JsonValue, what: string, on: string): readonly string[] {
  if (!isJsonArray(value)) throw malformed(what, on)
  return value.map((item) => textOf(item, what, on))
}

function textOf(value: JsonValue, what: string, on: string): string {
  if (typeof value === 'string') return value
  throw malformed(what, on)
}

function malformed(what: string, on: string): ImageError {
  return new ImageError('MALFORMED_CONFIG', `the image config has a malformed part: ${what}`, { on })
}
