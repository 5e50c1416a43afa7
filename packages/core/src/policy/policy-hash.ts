import { createHash } from 'node:crypto'
import type { PolicySet } from './evaluate.ts'
import type { NamedTrustRoot } from './trust-root-source.ts'

/**
 * The SHA-256 (hexadecimal) of all that a set of policies says, whatever file and order it stands in: what a
 * decision is kept under, and what a verification summary names (gates.md §8.2 step 9).
 */
export function policySetHash(set: PolicySet, trustRoots: readonly NamedTrustRoot[] = []): string {
  const documents = { policies: described(set.policies), broken: described(set.broken) }
  const text = canonical({ ...set, ...documents, trustRoots: described(trustRoots) })
  return createHash('sha256').update(text).digest('hex')
}

/** In one order, and without where they stand, which is not what they say. */
function described(
  documents: readonly { readonly name: string; readonly file: string }[],
): readonly unknown[] {
  return documents.toSorted(byName).map((document) => ({ ...document, file: undefined }))
}

/** Where a document or a program begins. A label or a parameter named `at` is a text, and counts. */
function isPlace(name: string, value: unknown): boolean {
  return name === 'at' && typeof value === 'object' && value !== null && 'line' in value && 'column' in value
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/** JSON with sorted keys; every kind of value that policies are made of has a form of its own. */
function canonical(value: unknown): string {
  if (value instanceof Date) return `{"date":${value.getTime()}}`
  if (value instanceof Uint8Array) return `{"bytes":"${Buffer.from(value).toString('base64')}"}`
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([name, item]) => item !== undefined && !isPlace(name, item))
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`).join(',')}}`
}
