import type { TrustRoot } from '../../trust/trust-root.ts'
import { rekorV1Witness } from '../witnesses/rekor-v1.ts'
import { rekorV2Witness } from '../witnesses/rekor-v2.ts'
import { timestampWitness } from '../witnesses/timestamp-witness.ts'
import type { Witness } from '../witnesses/witness.ts'
import type { ServiceAccess } from './service-call.ts'
import { selectServices, type SigningConfig } from './signing-config.ts'

/** Which services vouch for a signature. */
export interface WitnessChoice {
  readonly now: Date
  /** Without the log nobody can see that the key was used; verifiers must be told to do without it. */
  readonly transparencyLog: boolean
}

/** How the witnesses are reached. */
export interface WitnessAccess extends ServiceAccess {
  /** Timestamp authorities, where they are reached another way: some want to know their clients. */
  readonly timestamps?: ServiceAccess
  /** What the result is verified against; asked for only where a log has to be told by its signatures. */
  readonly trust: () => Promise<TrustRoot>
}

/**
 * The logs and timestamp authorities that a signing config selects now.
 * @throws SigningError NO_SERVICE where a log is wanted and none is usable
 */
export function witnessesOf(
  config: SigningConfig,
  choice: WitnessChoice,
  access: WitnessAccess,
): readonly Witness[] {
  const { now } = choice
  const logs = choice.transparencyLog
    ? selectServices(config.rekor, {
        selection: config.rekorSelection,
        apiVersions: [1, 2],
        now,
        what: 'transparency log',
      })
    : []
  const authorities =
    config.timestampAuthorities.length === 0
      ? []
      : selectServices(config.timestampAuthorities, {
          selection: config.timestampSelection,
          apiVersions: [1],
          now,
          what: 'timestamp authority',
        })
  return [
    ...authorities.map(({ url }) => timestampWitness({ ...(access.timestamps ?? access), url })),
    ...logs.map(({ url, apiVersion }) =>
      apiVersion === 2 ? rekorV2Witness({ ...access, url }) : rekorV1Witness({ ...access, url }),
    ),
  ]
}

/**
 * Where to ask for a certificate now.
 * @throws SigningError NO_SERVICE
 */
export function fulcioUrlOf(config: SigningConfig, now: Date): string {
  const [service] = selectServices(config.fulcio, {
    selection: { kind: 'any' },
    apiVersions: [1],
    now,
    what: 'Fulcio',
  })
  // selectServices gives at least one.
  return service?.url ?? ''
}

/**
 * The identity provider that people sign in to now; undefined where the signing config names none.
 * @throws SigningError NO_SERVICE where none of those that it names is usable
 */
export function issuerUrlOf(config: SigningConfig, now: Date): string | undefined {
  if (config.identityProviders.length === 0) return undefined
  const options = { selection: { kind: 'any' }, apiVersions: [1], now, what: 'identity provider' } as const
  return selectServices(config.identityProviders, options)[0]?.url
}
