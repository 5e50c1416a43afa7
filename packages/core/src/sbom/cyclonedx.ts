import { identityOf, stableUuid, timeText, type ImageIdentity } from './image-identity.ts'
import { parseLicense } from './license.ts'
import type { SbomSource } from './sbom.ts'
import { softwareOf, type Software } from './software-list.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** The SBOM of an image in CycloneDX 1.6 (ECMA-424). */
export function cycloneDx(source: SbomSource): Json {
  const { image, toolVersion, created, gaps } = source
  const identity = identityOf(source)
  const software = softwareOf(image)
  const system = systemComponent(source)
  const refs = [...system.map(([ref]) => ref), ...software.map(({ id }) => id)]
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${stableUuid(identity.digest, 'assay sbom cyclonedx')}`,
    version: 1,
    metadata: {
      ...(created === undefined ? {} : { timestamp: timeText(created) }),
      lifecycles: [{ phase: 'post-build' }],
      tools: { components: [{ type: 'application', name: 'assay', version: toolVersion }] },
      component: imageComponent(source, identity),
    },
    components: [
      ...system.map(([, component]) => component),
      ...software.map((one) => componentOf(source, one)),
    ],
    dependencies: [{ ref: identity.purl, dependsOn: refs }, ...refs.map((ref) => ({ ref }))],
    compositions: [{ aggregate: aggregateOf(source), assemblies: [identity.purl] }],
    ...(gaps.length === 0 ? {} : { annotations: [gapAnnotation(source, identity)] }),
  }
}

/** A program that tells nothing of itself may be made of anything. */
function aggregateOf({ gaps, image }: SbomSource): string {
  if (gaps.length > 0) return 'incomplete'
  return image.binaries.length > 0 ? 'unknown' : 'complete'
}

function gapAnnotation({ gaps, created, toolVersion }: SbomSource, { purl }: ImageIdentity): Json {
  return {
    subjects: [purl],
    annotator: { component: { type: 'application', name: 'assay', version: toolVersion } },
    timestamp: timeText(created ?? new Date(0)),
    text: `This list is not complete: ${gaps.join('; ')}`,
  }
}

function imageComponent({ image }: SbomSource, { name, digest, hex, purl }: ImageIdentity): Json {
  return {
    type: 'container',
    'bom-ref': purl,
    name,
    version: digest,
    hashes: [{ alg: 'SHA-256', content: hex }],
    purl,
    properties: [
      { name: 'assay:image:platform', value: image.platform },
      { name: 'assay:image:config', value: image.config.digest },
      ...image.layers.map((layer) => ({ name: `assay:image:layer:${layer.index}`, value: layer.digest })),
    ],
  }
}

function systemComponent({ image }: SbomSource): readonly (readonly [string, Json])[] {
  const { distribution } = image
  if (distribution === null) return []
  const { id, version, prettyName } = distribution
  const ref = `os:${id}@${version}`
  return [
    [
      ref,
      {
        type: 'operating-system',
        'bom-ref': ref,
        name: id,
        ...(version === '' ? {} : { version }),
        ...(prettyName === '' ? {} : { description: prettyName }),
      },
    ],
  ]
}

const componentTypes = { package: 'library', application: 'application', file: 'file' } as const

function componentOf({ image }: SbomSource, one: Software): Json {
  const { id, kind, name, group, version, purl, sha256, source, places, layer } = one
  const digest = image.layers[layer]?.digest
  return {
    type: componentTypes[kind],
    'bom-ref': id,
    ...(group === undefined ? {} : { group }),
    name,
    ...(version === '' ? {} : { version }),
    ...(sha256 === undefined ? {} : { hashes: [{ alg: 'SHA-256', content: sha256 }] }),
    ...licensesOf(one),
    ...(purl === undefined ? {} : { purl }),
    evidence: { occurrences: places.map((location) => ({ location })) },
    properties: [
      { name: 'assay:layer:index', value: String(layer) },
      ...(digest === undefined ? [] : [{ name: 'assay:layer:digest', value: digest }]),
      ...(source === undefined ? [] : [{ name: 'assay:package:source', value: source }]),
    ],
  }
}

function licensesOf({ license }: Software): { readonly licenses?: Json } {
  if (license === undefined) return {}
  const { kind, text } = parseLicense(license)
  if (kind === 'expression') return { licenses: [{ expression: text, acknowledgement: 'declared' }] }
  return { licenses: [{ license: { [kind]: text, acknowledgement: 'declared' } }] }
}
