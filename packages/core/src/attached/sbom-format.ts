import { isJsonObject, parseStrictJson, RegistryError, type JsonValue } from '@assay/registry'
import type { SbomFormat } from './sbom-types.ts'

/**
 * The format of an SBOM, by what it says at its beginning; undefined if it is none that we know. Whether it is a good
 * one, this does not say.
 */
export function sbomFormatOf(bytes: Uint8Array): SbomFormat | undefined {
  const start = Buffer.from(bytes.subarray(0, 4096)).toString('utf8').trimStart()
  if (start.startsWith('SPDXVersion:')) return 'spdx-text'
  if (start.startsWith('<') && /<bom[^>]+xmlns\s*=\s*["']http:\/\/cyclonedx\.org\/schema\/bom/.test(start))
    return 'cyclonedx-xml'
  const document = start.startsWith('{') ? jsonOf(bytes) : undefined
  if (!isJsonObject(document)) return undefined
  if (typeof document['spdxVersion'] === 'string') return 'spdx-json'
  if (document['bomFormat'] === 'CycloneDX') return 'cyclonedx-json'
  const schema = document['schema']
  const isSyft = isJsonObject(schema) && typeof schema['url'] === 'string' && schema['url'].includes('/syft/')
  return isSyft ? 'syft-json' : undefined
}

/** SBOMs of large images are large: only their beginning is of interest, but JSON is read whole or not at all. */
function jsonOf(bytes: Uint8Array): JsonValue | undefined {
  try {
    return parseStrictJson(bytes, { on: 'the SBOM', maxDepth: 128, maxValues: 20_000_000 })
  } catch (error) {
    if (error instanceof RegistryError) return undefined
    throw error
  }
}
