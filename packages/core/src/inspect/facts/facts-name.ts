import { rulesetVersion } from '../all-checks.ts'
import { codeIdentity } from './code-identity.ts'

/** The name of something remembered: what this code found by these rules, and no other. */
export function factsNames(): (what: string, about: readonly unknown[]) => Promise<string> {
  const code = codeIdentity()
  return async (what, about) => JSON.stringify([what, rulesetVersion, await code, ...about])
}
