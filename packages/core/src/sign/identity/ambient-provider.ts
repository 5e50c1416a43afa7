import type { Call } from '@assay/registry'
import type { ServiceAccess } from '../services/service-call.ts'

/** Where a provider looks, and how it asks. */
export interface ProviderAccess extends ServiceAccess {
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Knows one kind of machine that hands out identity tokens to what runs on it. */
export interface AmbientProvider {
  /** As in `--oidc-provider`. */
  readonly name: string
  /** Whether this machine looks like one; nothing is asked. */
  readonly present: (access: ProviderAccess) => boolean
  /**
   * A token for the audience.
   * @throws SigningError NO_IDENTITY and the codes of asking a service
   */
  readonly token: (audience: string, access: ProviderAccess, call?: Call) => Promise<string>
}
