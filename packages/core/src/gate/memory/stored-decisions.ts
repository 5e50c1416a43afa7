import type { Decision } from '../../policy/decision.ts'
import type { DecisionMemory } from './decision-memory.ts'

/** A place for bytes that knows them again: what it gives is what was put there under this name, or nothing. */
export interface AuthenticatedStore {
  readonly get: (name: string) => Promise<Uint8Array | undefined>
  readonly put: (name: string, bytes: Buffer) => Promise<void>
}

/** How decisions become text, and back. */
export interface DecisionText {
  readonly write: (decision: Decision) => string
  readonly read: (text: string) => Decision
  /** Changes whenever the code does that reads and decides. */
  readonly version: string
}

/**
 * Keeps what was allowed between runs. What was denied is asked again each time: whoever signs an image does not
 * want to wait for a no to be forgotten.
 */
export function storedDecisions(store: AuthenticatedStore, text: DecisionText): DecisionMemory {
  const nameOf = (key: string): string => JSON.stringify(['decision', text.version, key])
  return {
    recall: async (key, now) => {
      const bytes = await store.get(nameOf(key))
      if (bytes === undefined) return undefined
      const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const { until, made, decision } = partsOf(content)
      // A clock that went back is as good a reason to ask again as one that went on.
      if (until <= now.getTime() || made > now.getTime()) return undefined
      return { ...text.read(decision), remembered: new Date(made).toISOString() }
    },
    keep: async (key, decision, { made, until }) => {
      if (decision.verdict !== 'allow') return
      const head = Buffer.alloc(16)
      head.writeDoubleBE(until, 0)
      head.writeDoubleBE(made.getTime(), 8)
      await store.put(nameOf(key), Buffer.concat([head, Buffer.from(text.write(decision))]))
    },
  }
}

function partsOf(content: Buffer): {
  readonly until: number
  readonly made: number
  readonly decision: string
} {
  return {
    until: content.readDoubleBE(0),
    made: content.readDoubleBE(8),
    decision: content.subarray(16).toString(),
  }
}
