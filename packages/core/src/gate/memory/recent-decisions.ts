import type { Decision } from '../../policy/decision.ts'
import type { DecisionMemory } from './decision-memory.ts'

/** How many decisions are held unless told otherwise: some tens of megabytes. */
const defaultLimit = 10_000

interface Entry {
  readonly decision: Decision
  readonly until: number
}

/** Keeps decisions in memory, for a process that stays: the least lately used go first. */
export function recentDecisions(limit: number = defaultLimit): DecisionMemory {
  // A Map keeps the order in which its keys came in.
  const entries = new Map<string, Entry>()
  return {
    recall: async (key, now) => {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entries.delete(key)
      if (entry.until <= now.getTime()) return undefined
      entries.set(key, entry)
      return entry.decision
    },
    keep: async (key, decision, { until }) => {
      entries.delete(key)
      entries.set(key, { decision, until })
      const [oldest] = entries.keys()
      if (entries.size > limit && oldest !== undefined) entries.delete(oldest)
    },
  }
}
