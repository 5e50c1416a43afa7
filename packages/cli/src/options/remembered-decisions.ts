import {
  codeIdentity,
  readDecision,
  recentFacts,
  shorterMemory,
  storedDecisions,
  writeDecision,
  type DecisionMemory,
  type FactsStore,
} from '@assay/core'
import type { OptionGroup } from '../define-command.ts'
import { switchFlag } from './flag.ts'
import { configOf } from './policies.ts'
import { flagOf } from './raw.ts'
import { openRemembered, type Remembered } from './remembered-facts.ts'

/** What a gate remembers between runs: what it allowed, what it fetched, and what is in layers. */
export interface RememberedDecisions {
  readonly memory?: DecisionMemory
  readonly facts?: FactsStore
  readonly content?: FactsStore
}

const limit = 64 * 1024 * 1024
const contentLimit = 256 * 1024 * 1024

/** `--no-cache`; without it, images that were allowed within the last ten minutes are remembered. */
export const rememberedDecisionsOption: OptionGroup<RememberedDecisions> = {
  flags: () => [
    switchFlag(
      '--no-cache',
      'look at every image anew, and keep nothing ($XDG_CACHE_HOME/assay/{decisions,content,facts})',
    ),
  ],
  parse: async (raw, io) => {
    const { cache = { enabled: true } } = await configOf(raw)
    if (!cache.enabled) return {}
    const { directory, maxAge } = cache
    const open = async (what: Remembered): Promise<FactsStore | undefined> =>
      await openRemembered(raw, io, { ...what, ...(directory !== undefined && { directory }) })
    const facts = await open({ name: 'facts', instead: 'layers are read again' })
    const content = await open({ name: 'content', instead: 'it is fetched again', limit: contentLimit })
    const read = {
      ...(facts !== undefined && { facts }),
      ...(content !== undefined && { content: recentFacts(content) }),
    }
    // What is signed about an image is signed about what this run saw.
    if (flagOf(raw, 'attest')) return read
    const store = await open({ name: 'decisions', instead: 'images are looked at again', limit })
    if (store === undefined) return read
    const text = { write: writeDecision, read: readDecision, version: await codeIdentity() }
    const memory = storedDecisions(store, text)
    return { ...read, memory: maxAge === undefined ? memory : shorterMemory(memory, maxAge) }
  },
}
