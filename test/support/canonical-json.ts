/** OLPC canonical JSON, which TUF signs: sorted keys, no white space, only quotes and backslashes escaped. */
export function canonicalize(value: unknown): string {
  if (typeof value === 'string') return `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`
  if (Array.isArray(value)) return `[${value.map(canonicalize).join(',')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${canonicalize(name)}:${canonicalize(member)}`).join(',')}}`
}
