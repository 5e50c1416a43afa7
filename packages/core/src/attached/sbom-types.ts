/** The formats of SBOMs, and the media types under which cosign and others attach them (cosign specs/SBOM_SPEC.md). */
export const sbomFormats = {
  'spdx-text': 'text/spdx',
  'spdx-json': 'text/spdx+json',
  'cyclonedx-xml': 'application/vnd.cyclonedx+xml',
  'cyclonedx-json': 'application/vnd.cyclonedx+json',
  'syft-json': 'application/vnd.syft+json',
} as const
export type SbomFormat = keyof typeof sbomFormats

export const sbomMediaTypes: ReadonlySet<string> = new Set([
  ...Object.values(sbomFormats),
  'text/spdx+xml',
  'application/spdx+json',
])
