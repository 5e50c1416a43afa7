import type { Call } from '@assay/registry'
import type { LogEntry } from '../../bundle/signed-bundle.ts'
import type { Service } from '../services/service-call.ts'
import type { Signature } from '../signers/signer.ts'

/** What was signed, by its bytes and its form. */
export interface Signed {
  /** The bytes that the signature is over: the PAE of an envelope, or the file. */
  readonly message: Uint8Array
  readonly envelope?: { readonly payloadType: string; readonly payload: Uint8Array }
  readonly signature: Signature
}

export type Testimony =
  | { readonly kind: 'log-entry'; readonly entry: LogEntry }
  | { readonly kind: 'timestamp'; readonly response: Uint8Array }

/** Vouches for a signature: a transparency log or a timestamp authority. */
export interface Witness {
  readonly kind: Testimony['kind']
  /** Of which signed things it is given no more than the hash. */
  readonly hashOnly: readonly ('envelope' | 'file')[]
  /** Whether it signs a promise with a time, the only proof of a log that cosign's legacy form has room for. */
  readonly promises: boolean
  readonly service: Service
  readonly testify: (signed: Signed, call?: Call) => Promise<Testimony>
}
