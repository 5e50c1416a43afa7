import type { DecisionMemory } from './decision-memory.ts'

/** The same memory, with decisions that count for at most this long (milliseconds), whoever kept them. */
export function shorterMemory(memory: DecisionMemory, maxAge: number): DecisionMemory {
  return {
    recall: async (key, now) => {
      const decision = await memory.recall(key, now)
      const made = decision?.remembered
      return made !== undefined && now.getTime() - Date.parse(made) >= maxAge ? undefined : decision
    },
    keep: async (key, decision, { made, until }) =>
      await memory.keep(key, decision, { made, until: Math.min(until, made.getTime() + maxAge) }),
  }
}
