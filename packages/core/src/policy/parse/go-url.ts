/**
 * Why Go's `url.Parse` refuses a text, or undefined where it takes it: what a field of the type URL may hold in a
 * cluster (RFC 3986 with Go's liberties: a path alone is a URL, too).
 */
export function goUrlFault(text: string): string | undefined {
  if (hasControl(text)) return 'a URL without control characters'
  const [main, fragment] = cut(text, '#')
  const scheme = schemeOf(main)
  if (scheme === 'missing') return 'a URL whose scheme has a name'
  const [place] = cut(main.slice(scheme === undefined ? 0 : scheme.length + 1), '?')
  if (place.startsWith('/')) return placeFault(place, scheme) ?? escapeFault(fragment)
  // What follows a scheme without a slash may be anything.
  if (scheme !== undefined) return undefined
  if (cut(place, '/')[0].includes(':')) return 'a URL without a colon in its first segment'
  return escapeFault(place + fragment)
}

/** `//host/path`, or a path alone. */
function placeFault(place: string, scheme: string | undefined): string | undefined {
  const hasHost = place.startsWith('//') && (scheme !== undefined || !place.startsWith('///'))
  if (!hasHost) return escapeFault(place)
  const [host] = cut(place.slice(2), '/')
  return hostFault(host) ?? escapeFault(place.slice(host.length + 2))
}

/** The host of a URL that Go takes, with its port; empty where it has none. */
export function goUrlHost(text: string): string {
  const [, host = ''] = /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?\/\/(?:[^/?#@]*@)?([^/?#]*)/.exec(text) ?? []
  return host
}

/** Why Go refuses a host with an optional port. */
export function hostFault(authority: string): string | undefined {
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  if (!/^[A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"%\u0080-\u{10ffff}]*$/u.test(host)) return 'a URL with a host'
  // Only what is no ASCII may be escaped in a name; an address may name its zone.
  if (!host.startsWith('[') && /%(?![89A-Fa-f][0-9A-Fa-f])/.test(host)) return 'a URL with a host'
  const port = host.startsWith('[') ? /\](.*)$/.exec(host)?.[1] : /:[^:]*$/.exec(host)?.[0]
  if (host.startsWith('[') && port === undefined) return 'a URL whose [ is closed'
  return port === undefined || /^(?::\d*)?$/.test(port) ? undefined : 'a URL with a port in digits'
}

function hasControl(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- it is about them
  return /[\u0000-\u001f\u007f]/.test(text)
}

/** Undefined where there is none; `missing` where there is only its colon. */
function schemeOf(text: string): string | undefined {
  if (text.startsWith(':')) return 'missing'
  return /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1]
}

function escapeFault(text: string): string | undefined {
  return /%(?![0-9A-Fa-f]{2})/.test(text) ? 'a URL whose % are followed by two hexadecimal digits' : undefined
}

function cut(text: string, separator: string): readonly [string, string] {
  const index = text.indexOf(separator)
  return index === -1 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)]
}
