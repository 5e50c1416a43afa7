/** Cosign's short names of predicate types, in its spelling (cosign cmd/cosign/cli/options/predicate.go). */
const aliases: ReadonlyMap<string, string> = new Map([
  ['custom', 'https://cosign.sigstore.dev/attestation/v1'],
  ['slsaprovenance', 'https://slsa.dev/provenance/v0.2'],
  ['slsaprovenance02', 'https://slsa.dev/provenance/v0.2'],
  ['slsaprovenance1', 'https://slsa.dev/provenance/v1'],
  ['spdx', 'https://spdx.dev/Document'],
  ['spdxjson', 'https://spdx.dev/Document'],
  ['cyclonedx', 'https://cyclonedx.org/bom'],
  ['link', 'https://in-toto.io/Link/v1'],
  ['vuln', 'https://cosign.sigstore.dev/attestation/vuln/v1'],
  ['openvex', 'https://openvex.dev/ns'],
])

/** The predicate type that a short name stands for; anything else is a type already and comes back as it is. */
export function predicateTypeOf(alias: string): string {
  return aliases.get(alias) ?? alias
}

/** The short name of a predicate type, the first of several; undefined where it has none. */
export function predicateAlias(predicateType: string): string | undefined {
  for (const [alias, type] of aliases) if (type === predicateType) return alias
  return undefined
}

/** Every short name, for help texts. */
export const predicateAliases: readonly string[] = [...aliases.keys()]
