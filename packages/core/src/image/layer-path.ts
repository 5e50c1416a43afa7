const ordinary = /^(?!\/)(?!.*(?:^|\/)\.{0,2}(?:\/|$))/s

/**
 * Cleans a stored path as runtimes do: relative to the root, which `..` cannot leave. Texts have one character per
 * byte. The root itself is the empty path.
 */
export function cleanPath(stored: string): string {
  const start = stored.startsWith('./') ? 2 : 0
  const end = stored.endsWith('/') ? stored.length - 1 : stored.length
  const trimmed = stored.slice(start, Math.max(start, end))
  if (ordinary.test(trimmed)) return trimmed
  const names: string[] = []
  for (const name of stored.split('/')) {
    if (name === '..') names.pop()
    else if (name !== '' && name !== '.') names.push(name)
  }
  return names.join('/')
}

/** Whether a stored path climbs with `..`; no ordinary writer makes such a path. */
export function climbs(stored: string): boolean {
  return stored.includes('..') && stored.split('/').includes('..')
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

export function parentPath(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

/** A byte string as text: UTF-8 where it is, else with `\xHH` for every byte that is not ASCII. */
export function displayPath(bytes: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
  if (/^[\x20-\x7e]*$/.test(bytes)) return bytes
  const decoded = Buffer.from(bytes, 'latin1').toString('utf8')
  const valid = Buffer.from(decoded, 'utf8').equals(Buffer.from(bytes, 'latin1'))
  // oxlint-disable-next-line no-control-regex -- control characters of either range are escaped
  const escaped = valid ? /[\0-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g : /[^\x20-\x7e]/g
  return (valid ? decoded : bytes).replaceAll(escaped, escapeCharacter)
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0)
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`
}
