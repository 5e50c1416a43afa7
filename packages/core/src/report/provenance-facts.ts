import type { Material, Provenance } from '../statement/slsa-provenance.ts'

/** How many materials are listed for people; the JSON document holds all of them. */
const listed = 10
/** How many characters of the build's parameters are shown to people. */
const shownLength = 300

/** What was given to the build, as JSON in one line; undefined where it was nothing. */
export function parametersText({ parameters }: Provenance): string | undefined {
  if (parameters === undefined || parameters === null) return undefined
  const text = JSON.stringify(parameters)
  return text === '{}' || text === '[]' ? undefined : text
}

/** A material as its URI with its digests. */
export function materialText({ uri, digest }: Material): string {
  return [uri, ...Object.entries(digest).map(([algorithm, hex]) => `${algorithm}:${hex}`)].join(' ')
}

/** The parameters, cut short. */
export function shortParameters(provenance: Provenance): string | undefined {
  const text = parametersText(provenance)
  return text === undefined || text.length <= shownLength ? text : `${text.slice(0, shownLength)}…`
}

/** The first materials, and how many more there are. */
export function shortMaterials({ materials }: Provenance): readonly string[] {
  const more = materials.length - listed
  return [...materials.slice(0, listed).map(materialText), ...(more > 0 ? [`and ${more} more`] : [])]
}
