import type { KeyAccess } from '../keys/key-access.ts'

/** The first of these variables that is set and not empty. */
export function firstSet(env: KeyAccess['env'], ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = env[name]
    if (value !== undefined && value !== '') return value
  }
  return undefined
}
