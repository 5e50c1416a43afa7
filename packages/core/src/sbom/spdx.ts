import { createHash } from 'node:crypto'
import { identityOf, stableUuid, timeText, type ImageIdentity } from './image-identity.ts'
import { parseLicense } from './license.ts'
import type { SbomSource } from './sbom.ts'
import { softwareOf, type Software } from './software-list.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** The SBOM of an image in SPDX 2.3 (ISO/IEC 5962). */
export function spdx(source: SbomSource): Json {
  const { image, toolVersion, created, gaps } = source
  const identity = identityOf(source)
  const software = softwareOf(image)
  const texts = new Map<string, string>()
  const packages = software.map((one) => packageOf(source, one, texts))
  const system = systemPackage(source)
  const contained = [...system.map(({ SPDXID }) => SPDXID), ...software.map(elementId)]
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: documentId,
    name: identity.name,
    documentNamespace: `https://assay.dev/spdx/${identity.hex}/${stableUuid(identity.digest, 'assay sbom spdx')}`,
    creationInfo: {
      created: timeText(created ?? new Date(0)),
      creators: [`Tool: assay-${toolVersion}`],
      ...(gaps.length === 0 ? {} : { comment: `This list is not complete: ${gaps.join('; ')}` }),
    },
    packages: [imagePackage(source, identity), ...system, ...packages],
    ...(texts.size === 0
      ? {}
      : {
          hasExtractedLicensingInfos: [...texts].map(([licenseId, extractedText]) => ({
            licenseId,
            extractedText,
          })),
        }),
    relationships: [
      { spdxElementId: documentId, relationshipType: 'DESCRIBES', relatedSpdxElement: imageId },
      ...contained.map((relatedSpdxElement) => ({
        spdxElementId: imageId,
        relationshipType: 'CONTAINS',
        relatedSpdxElement,
      })),
    ],
  }
}

const documentId = 'SPDXRef-DOCUMENT'
const imageId = 'SPDXRef-Image'
const unknown = {
  downloadLocation: 'NOASSERTION',
  filesAnalyzed: false,
  licenseConcluded: 'NOASSERTION',
  copyrightText: 'NOASSERTION',
} as const

function imagePackage({ image }: SbomSource, { name, digest, hex, purl }: ImageIdentity): Json {
  return {
    SPDXID: imageId,
    name,
    versionInfo: digest,
    ...unknown,
    licenseDeclared: 'NOASSERTION',
    primaryPackagePurpose: 'CONTAINER',
    checksums: [{ algorithm: 'SHA256', checksumValue: hex }],
    externalRefs: [purlReference(purl)],
    comment: `${image.platform}; layers: ${image.layers.map((layer) => layer.digest).join(' ')}`,
  }
}

function systemPackage({
  image: { distribution },
}: SbomSource): readonly { readonly SPDXID: string; readonly [key: string]: Json }[] {
  if (distribution === null) return []
  const { id, version, prettyName } = distribution
  return [
    {
      SPDXID: 'SPDXRef-OperatingSystem',
      name: id,
      ...(version === '' ? {} : { versionInfo: version }),
      ...unknown,
      licenseDeclared: 'NOASSERTION',
      primaryPackagePurpose: 'OPERATING_SYSTEM',
      ...(prettyName === '' ? {} : { summary: prettyName }),
    },
  ]
}

const purposes = { package: 'LIBRARY', application: 'APPLICATION', file: 'FILE' } as const

function packageOf({ image }: SbomSource, one: Software, texts: Map<string, string>): Json {
  const { kind, name, group, version, purl, sha256, source, places, layer } = one
  const digest = image.layers[layer]?.digest ?? ''
  return {
    SPDXID: elementId(one),
    name: group === undefined ? name : `${group}:${name}`,
    ...(version === '' ? {} : { versionInfo: version }),
    ...unknown,
    licenseDeclared: licenseText(one, texts),
    primaryPackagePurpose: purposes[kind],
    ...(kind === 'file' ? { packageFileName: name } : {}),
    ...(sha256 === undefined ? {} : { checksums: [{ algorithm: 'SHA256', checksumValue: sha256 }] }),
    ...(purl === undefined ? {} : { externalRefs: [purlReference(purl)] }),
    sourceInfo: `found at ${places.join(', ')}; layer ${layer} ${digest}${source === undefined ? '' : `; built from ${source}`}`,
  }
}

/** Identifiers may hold letters, digits, dots and hyphens only (§7.2). */
function elementId({ ecosystem, id }: Software): string {
  return `SPDXRef-${ecosystem}-${createHash('sha256').update(id).digest('hex').slice(0, 24)}`
}

function purlReference(purl: string): Json {
  return { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }
}

/** A text that is no SPDX expression is kept in the document, under a name of its own (§10.1). */
function licenseText({ license }: Software, texts: Map<string, string>): string {
  if (license === undefined) return 'NOASSERTION'
  const { kind, text } = parseLicense(license)
  if (kind !== 'name') return text
  const reference = `LicenseRef-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
  texts.set(reference, text)
  return reference
}
