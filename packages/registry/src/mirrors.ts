import { RegistryError } from './errors.ts'
import { parseReference, type RegistryReference } from './reference.ts'

/** Where images are really read: `registry.example/team` → `mirror.example/copies/team`. */
export interface Mirror {
  readonly from: string
  readonly to: string
}

/**
 * Reads `from=to`: each a registry host, or a host with the beginning of repository names.
 * @throws RegistryError INVALID_REFERENCE
 */
export function parseMirror(text: string): Mirror {
  const [from, to, ...rest] = text.split('=')
  if (from === undefined || to === undefined || rest.length > 0) throw invalid(text)
  return { from: prefixOf(from, text), to: prefixOf(to, text) }
}

/**
 * The place where an image is read instead of the one that it is named by: of the mirrors whose `from` its name
 * begins with, part by part, the longest counts. Undefined where there is none.
 */
export function mirrorOf(
  reference: RegistryReference,
  mirrors: readonly Mirror[],
): RegistryReference | undefined {
  const place = `${reference.host}/${reference.repository}`
  const [best] = mirrors
    .filter(({ from }) => place === from || place.startsWith(`${from}/`))
    .toSorted((a, b) => b.from.length - a.from.length)
  if (best === undefined) return undefined
  const found = `${best.to}${place.slice(best.from.length)}`
  const slash = found.indexOf('/')
  if (slash === -1) throw invalid(`${best.from}=${best.to}`)
  return { ...reference, host: found.slice(0, slash), repository: found.slice(slash + 1) }
}

/** Checked by reading it as a part of a reference, so that no other grammar of names comes about. */
function prefixOf(prefix: string, text: string): string {
  const hasHost = /^[^/]*[.:A-Z][^/]*(?:\/|$)|^localhost(?:\/|$)/.test(prefix)
  // Two parts, because Docker Hub reads one as that of an official image.
  const parsed = parseReference(`${prefix}/x/y`)
  if (!hasHost || parsed.kind !== 'registry') throw invalid(text)
  return `${parsed.host}/${parsed.repository}`.slice(0, -'/x/y'.length)
}

function invalid(text: string): RegistryError {
  return new RegistryError('INVALID_REFERENCE', 'this is not a mirror', {
    on: text,
    expected: 'from=to, like docker.io=mirror.example/hub',
  })
}
