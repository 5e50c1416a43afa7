import { shortText, type ToldComponents } from './told-components.ts'

/**
 * The distribution that METADATA or PKG-INFO describes (core metadata specification: header fields, then text). The
 * file may be cut: its fields come first.
 */
export function pythonDistribution(content: Buffer): ToldComponents {
  const fields = headerFields(content.toString('utf8'))
  const name = shortText(fields.get('name'))
  const version = shortText(fields.get('version'))
  if (name === undefined || version === undefined)
    return { components: [], problem: 'it has no Name or no Version' }
  const license = shortText(fields.get('license-expression')) ?? shortText(fields.get('license'))
  return {
    components: [{ ecosystem: 'pypi', name, version, ...(license === undefined ? {} : { license }) }],
  }
}

/** The first value of each field; lines that continue a field are left out. */
function headerFields(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    if (line === '') break
    const colon = line.indexOf(':')
    const key = line.slice(0, Math.max(0, colon)).toLowerCase()
    if (colon > 0 && !/^\s/.test(line) && !fields.has(key)) fields.set(key, line.slice(colon + 1).trim())
  }
  return fields
}

/** The version of Python whose headers lie beside it. */
export function pythonOfHeaders(content: Buffer): ToldComponents {
  const [, version] =
    /^#define\s+PY_VERSION\s+"([0-9][0-9A-Za-z.+]{0,30})"/m.exec(content.toString('latin1')) ?? []
  return { components: version === undefined ? [] : [{ ecosystem: 'generic', name: 'python', version }] }
}
