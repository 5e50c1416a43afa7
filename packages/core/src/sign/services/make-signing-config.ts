import { parseSigningConfig, signingConfigMediaType } from './signing-config.ts'

/** A service as somebody describes it; what is missing or wrong is found when the document is read back. */
export interface DescribedService {
  readonly url?: string
  readonly apiVersion?: string
  /** RFC 3339, UTC. */
  readonly start?: string
  readonly end?: string
  readonly operator?: string
}

export interface DescribedSigningConfig {
  readonly fulcio: readonly DescribedService[]
  readonly identityProviders: readonly DescribedService[]
  readonly rekor: readonly DescribedService[]
  readonly timestampAuthorities: readonly DescribedService[]
  /** `ANY`, `ALL` or `EXACT:n`. */
  readonly rekorSelection: string
  readonly timestampSelection: string
}

/**
 * Writes a SigningConfig document v0.2 that `parseSigningConfig` takes.
 * @throws SigningError MALFORMED_SIGNING_CONFIG
 */
export function makeSigningConfig(described: DescribedSigningConfig): Uint8Array {
  const document = {
    mediaType: signingConfigMediaType,
    caUrls: described.fulcio.map(entryOf),
    oidcUrls: described.identityProviders.map(entryOf),
    rekorTlogUrls: described.rekor.map(entryOf),
    rekorTlogConfig: selectionOf(described.rekorSelection),
    tsaUrls: described.timestampAuthorities.map(entryOf),
    tsaConfig: selectionOf(described.timestampSelection),
  }
  const bytes = Buffer.from(`${JSON.stringify(document, null, 2)}\n`)
  parseSigningConfig(bytes)
  return bytes
}

function entryOf({ url, apiVersion, start, end, operator }: DescribedService): unknown {
  const isNumber = apiVersion !== undefined && /^[1-9]\d{0,3}$/.test(apiVersion)
  return {
    url,
    majorApiVersion: isNumber ? Number(apiVersion) : apiVersion,
    validFor: { start, end },
    operator,
  }
}

function selectionOf(text: string): unknown {
  const count = /^EXACT:([1-9]\d{0,2})$/.exec(text)?.[1]
  return count === undefined ? { selector: text } : { selector: 'EXACT', count: Number(count) }
}
