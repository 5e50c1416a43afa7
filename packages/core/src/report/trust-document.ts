import type { Certificate } from '../trust/certificate.ts'
import type { Period } from '../trust/public-key.ts'
import type { CertificateChain, LogAuthority, TrustRoot } from '../trust/trust-root.ts'

/** The JSON output of `trust`. Its fields only grow within one schema version. */
export interface TrustDocument {
  readonly schema: 'assay.trust/v1'
  readonly ok: true
  readonly origin: {
    readonly kind: string
    readonly asOf?: string
    readonly mirror?: string
    readonly days?: number
  }
  readonly certificateAuthorities: readonly AuthorityDocument[]
  readonly transparencyLogs: readonly AuthorityDocument[]
  readonly certificateLogs: readonly AuthorityDocument[]
  readonly timestampAuthorities: readonly AuthorityDocument[]
  /** Logs whose keys are of a kind that assay cannot verify with. */
  readonly unsupported: readonly string[]
}

export interface AuthorityDocument {
  readonly name: string
  readonly from: string
  /** The last moment that counts: of the trusted root's own window, or of the certificate that ends first. */
  readonly until?: string
  /** Whether a signature made now could count. */
  readonly state: 'current' | 'past' | 'future'
  /** Hexadecimal: the id of a log, the serial numbers of an authority's certificates. */
  readonly ids: readonly string[]
}

/** What a trusted root trusts, and until when. */
export function trustDocument(root: TrustRoot, now: Date): TrustDocument {
  const chains = (list: readonly CertificateChain[]) => list.map((chain) => chainDocument(chain, now))
  const logs = (list: readonly LogAuthority[]) => list.map((log) => logDocument(log, now))
  return {
    schema: 'assay.trust/v1',
    ok: true,
    origin: originDocument(root.origin, now),
    certificateAuthorities: chains(root.certificateAuthorities),
    transparencyLogs: logs(root.transparencyLogs),
    certificateLogs: logs(root.certificateLogs),
    timestampAuthorities: chains(root.timestampAuthorities),
    unsupported: root.unsupported,
  }
}

function originDocument(origin: TrustRoot['origin'], now: Date): TrustDocument['origin'] {
  if (origin.kind === 'given') return { kind: 'given' }
  if (origin.kind === 'tuf') return { kind: 'tuf', mirror: origin.mirror }
  const days = Math.max(0, Math.floor((now.getTime() - origin.asOf.getTime()) / 86_400_000))
  return { kind: 'embedded', asOf: origin.asOf.toISOString().slice(0, 10), days }
}

function chainDocument({ uri, certificates, validFor }: CertificateChain, now: Date): AuthorityDocument {
  const first = certificates.reduce<Certificate | undefined>(
    (ends, one) => (ends === undefined || one.notAfter < ends.notAfter ? one : ends),
    undefined,
  )
  const ends = [validFor.end, first?.notAfter].filter((end) => end !== undefined)
  const end = ends.toSorted((a, b) => a.getTime() - b.getTime())[0]
  return {
    ...authority(uri, { start: validFor.start, ...(end !== undefined && { end }) }, now),
    ids: certificates.map(({ serialNumber }) => serialNumber),
  }
}

function logDocument({ baseUrl, logId, validFor }: LogAuthority, now: Date): AuthorityDocument {
  return { ...authority(baseUrl, validFor, now), ids: [Buffer.from(logId).toString('hex')] }
}

function authority(name: string, { start, end }: Period, now: Date): Omit<AuthorityDocument, 'ids'> {
  const past = end !== undefined && end < now
  return {
    name,
    from: start.toISOString(),
    ...(end !== undefined && { until: end.toISOString() }),
    state: past ? 'past' : start > now ? 'future' : 'current',
  }
}
