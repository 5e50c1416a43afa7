/** Short names of predicate types, as cosign and policy-controller know them (gates.md §1.2). */
const aliases: Readonly<Record<string, string>> = {
  custom: 'https://cosign.sigstore.dev/attestation/v1',
  slsaprovenance: 'https://slsa.dev/provenance/v0.2',
  slsaprovenance02: 'https://slsa.dev/provenance/v0.2',
  slsaprovenance1: 'https://slsa.dev/provenance/v1',
  spdx: 'https://spdx.dev/Document',
  spdxjson: 'https://spdx.dev/Document',
  cyclonedx: 'https://cyclonedx.org/bom',
  link: 'https://in-toto.io/Link/v1',
  vuln: 'https://cosign.sigstore.dev/attestation/vuln/v1',
  openvex: 'https://openvex.dev/ns',
}

/** The full predicate type of a short name; anything else stands for itself. */
export function fullPredicateType(text: string): string {
  return Object.hasOwn(aliases, text) ? (aliases[text] ?? text) : text
}

export function isShortPredicateType(text: string): boolean {
  return Object.hasOwn(aliases, text)
}
