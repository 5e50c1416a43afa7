import {
  codeIdentity,
  readDecision,
  storedDecisions,
  writeDecision,
  type DecisionMemory,
  type FactsStore,
} from '@assay/core'
import type { OptionGroup } from '../define-command.ts'
import { switchFlag } from './flag.ts'
import { flagOf } from './raw.ts'
import { openRemembered } from './remembered-facts.ts'

/** What a gate remembers between runs: what it allowed, and what is in layers. */
export interface RememberedDecisions {
  readonly memory?: DecisionMemory
  readonly facts?: FactsStore
}

const limit = 64 * 1024 * 1024

/** `--no-cache`; without it, images that were allowed within the last ten minutes are remembered. */
export const rememberedDecisionsOption: OptionGroup<RememberedDecisions> = {
  flags: () => [
    switchFlag('--no-cache', 'look at every image anew, and keep nothing ($XDG_CACHE_HOME/assay/decisions)'),
  ],
  parse: async (raw, io) => {
    const facts = await openRemembered(raw, io, { name: 'facts', instead: 'layers are read again' })
    const read = facts === undefined ? {} : { facts }
    // What is signed about an image is signed about what this run saw.
    if (flagOf(raw, 'attest')) return read
    const what = { name: 'decisions', instead: 'images are looked at again', limit }
    const store = await openRemembered(raw, io, what)
    if (store === undefined) return read
    const text = { write: writeDecision, read: readDecision, version: await codeIdentity() }
    return { ...read, memory: storedDecisions(store, text) }
  },
}
