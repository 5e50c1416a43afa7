import type { Located } from '../policy/parse/located.ts'

/** A YAML value without its places, as JSON would have it. */
export function plainOf(value: Located | undefined): unknown {
  if (value === undefined || value.kind === 'null') return null
  if (value.kind === 'list') return value.items.map(plainOf)
  if (value.kind !== 'map') return value.value
  return Object.fromEntries([...value.entries].map(([name, entry]) => [name, plainOf(entry.value)]))
}
