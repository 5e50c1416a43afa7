import type { WarningCode } from '../problem.ts'
import type { KeptTexts } from './kept-texts.ts'
import type { Slot } from './slot.ts'

/** What the parsers of one document share. */
export interface PolicyContext {
  readonly semantics: 'compat' | 'strict'
  /** Our own kind: the optional fields of gates.md §8.1 are allowed. */
  readonly extended: boolean
  /** Policies of policy.sigstore.dev may lack authorities. */
  readonly emptyAuthorities?: boolean
  /** The Secrets and ConfigMaps that stand beside the policies. */
  readonly kept: readonly KeptTexts[]
  readonly warn: (slot: Slot, code: WarningCode, message: string) => void
}
