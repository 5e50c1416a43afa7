import { verify } from 'node:crypto'
import type { LogEntry, SignedMaterial } from '../bundle/signed-bundle.ts'
import { isWithin } from '../trust/public-key.ts'
import type { LogAuthority, TrustRoot } from '../trust/trust-root.ts'
import { bindLogEntry } from './bind-log-entry.ts'
import { defaultHash } from './check-signature.ts'
import type { VerifiedLogEntry, VerifiedTime } from './proof.ts'
import type { SignedContent } from './signed-content.ts'
import { VerificationError } from '../refusal/verification-error.ts'
import { verifyInclusion } from './verify-inclusion.ts'

export interface LogEvidence {
  /** One for each distinct log. */
  readonly entries: readonly VerifiedLogEntry[]
  readonly times: readonly VerifiedTime[]
  /** The logs that gave no time of their own: their windows are held against the other times. */
  readonly timeless: readonly LogAuthority[]
}

interface Demand {
  readonly signed: SignedContent
  /** The certificate or SubjectPublicKeyInfo that the entry must name, DER. */
  readonly key: Uint8Array
  readonly trust: TrustRoot | undefined
  readonly now: Date
  /** How many distinct logs must hold an entry. */
  readonly minimum: number
}

/**
 * Step "transparency-log": every entry of a log that we know must be proven and must be about this signature;
 * entries of unknown logs neither count nor break (Sigstore client spec, "Transparency Log Entry"). Two entries
 * of one log count once.
 *
 * "… the Verifier MUST verify the signature on the Transparency Service LogEntry […] against the pre-distributed root key
 * material from the transparency service." (§4.2.2) "Verifiers MUST ensure that multiple entries in the same log do not
 * both count towards the threshold." (§4.6)
 * @throws VerificationError MISSING_LOG_ENTRY, DUPLICATE_LOG_ENTRY, INVALID_LOG_PROMISE, INVALID_LOG_PROOF,
 *   INVALID_CHECKPOINT, TIME_IN_FUTURE and those of `bindLogEntry`
 */
export function verifyLogEntries(bundle: SignedMaterial, demand: Demand): LogEvidence {
  const verified: VerifiedEntry[] = []
  for (const entry of bundle.logEntries) {
    const logs = (demand.trust?.transparencyLogs ?? []).filter((log) => isOf(entry, log))
    const [log] = logs
    if (log === undefined) continue
    if (verified.some((other) => other.log.key.keyId === log.key.keyId && isSameEntry(other.entry, entry)))
      throw refusal('DUPLICATE_LOG_ENTRY', 'one log entry stands twice in the bundle')
    verified.push(verifyEntry(entry, { ...demand, log, logs }))
  }
  const byLog = new Map(verified.map((one) => [one.log.key.keyId, one]))
  if (byLog.size < demand.minimum)
    throw refusal('MISSING_LOG_ENTRY', 'there are not enough log entries', {
      expected: `entries in ${demand.minimum} trusted ${demand.minimum === 1 ? 'log' : 'different logs'}`,
      got: `${byLog.size}; ${bundle.logEntries.length - verified.length} of unknown logs`,
      hint: missingHint(demand.trust),
    })
  return {
    entries: [...byLog.values()].map(describe),
    times: verified.flatMap(({ log, at }) =>
      at === undefined ? [] : [{ at, source: 'transparency-log' as const, by: log.baseUrl }],
    ),
    timeless: verified.filter(({ at }) => at === undefined).map(({ log }) => log),
  }
}

interface VerifiedEntry {
  readonly entry: LogEntry
  readonly log: LogAuthority
  /** The time that the log vouches for. */
  readonly at?: Date
  /** Whether a Merkle proof was verified, too. */
  readonly proven: boolean
}

function verifyEntry(
  entry: LogEntry,
  about: Demand & { readonly log: LogAuthority; readonly logs: readonly LogAuthority[] },
): VerifiedEntry {
  const { log, logs, now } = about
  const at =
    entry.promise === undefined ? undefined : verifyPromise(entry, { logs, promise: entry.promise, now })
  const proven = entry.proof !== undefined && verifyInclusion(entry, entry.proof, logs) !== undefined
  if (at === undefined && !proven)
    throw refusal('INVALID_LOG_PROOF', 'nothing proves that the log holds the entry', {
      expected: 'a signed entry timestamp, or an inclusion proof with a checkpoint',
    })
  // Rekor v2 logs give no time and have no shards: there the index in the log is that of the proof.
  if (entry.integratedTime === 0n && entry.logIndex !== entry.proof?.logIndex)
    throw refusal('INVALID_LOG_PROOF', 'the entry stands at another index than its proof says', {
      expected: String(entry.proof?.logIndex),
      got: String(entry.logIndex),
    })
  bindLogEntry(entry, about.signed, about.key)
  return { entry, log, ...(at !== undefined && { at }), proven }
}

function isSameEntry(one: LogEntry, other: LogEntry): boolean {
  return Buffer.compare(one.body, other.body) === 0
}

/** By log id or by the key id of its checkpoints, of which the trusted root may hold the first four bytes only. */
function isOf(entry: LogEntry, log: LogAuthority): boolean {
  const id = Buffer.from(entry.logId)
  const { checkpointKeyId } = log
  if (id.equals(log.logId)) return true
  return checkpointKeyId !== undefined && id.subarray(0, checkpointKeyId.byteLength).equals(checkpointKeyId)
}

/**
 * The signed entry timestamp: the log's signature over the canonical JSON (RFC 8785) of entry, index, id and
 * time. Only this authenticates the time.
 */
function verifyPromise(
  entry: LogEntry,
  {
    logs,
    promise,
    now,
  }: { readonly logs: readonly LogAuthority[]; readonly promise: Uint8Array; readonly now: Date },
): Date {
  const at = timeOf(entry)
  const body = Buffer.from(entry.body).toString('base64')
  const logId = Buffer.from(entry.logId).toString('hex')
  const text = Buffer.from(
    `{"body":"${body}","integratedTime":${entry.integratedTime},"logID":"${logId}","logIndex":${entry.logIndex}}`,
  )
  const signer = logs.find(({ key }) =>
    verify(key.algorithm === 'ed25519' ? null : defaultHash[key.algorithm], text, key.keyObject, promise),
  )
  if (signer === undefined)
    throw refusal('INVALID_LOG_PROMISE', "the log's signature over the entry does not hold")
  if (!logs.some((log) => log.key.keyId === signer.key.keyId && isWithin(log.validFor, at)))
    throw refusal('INVALID_LOG_PROMISE', 'the log was not trusted at the time of the entry', {
      expected: `${signer.validFor.start.toISOString()} to ${signer.validFor.end?.toISOString() ?? 'now'}`,
      got: at.toISOString(),
    })
  if (at > now)
    throw refusal('TIME_IN_FUTURE', 'the log entry is dated in the future', {
      expected: `not after ${now.toISOString()}`,
      got: at.toISOString(),
    })
  return at
}

/** An int64 of seconds can be a time that no calendar has. */
function timeOf({ integratedTime }: LogEntry): Date {
  const at = new Date(Number(integratedTime) * 1000)
  if (!Number.isNaN(at.getTime())) return at
  throw refusal('INVALID_LOG_PROMISE', 'the time of the log entry does not exist', {
    got: String(integratedTime),
  })
}

/** Without a promise only the proof says where the entry stands; the index beside it is anybody's word. */
function describe({ entry, log, at, proven }: VerifiedEntry): VerifiedLogEntry {
  const { logIndex } = at === undefined ? (entry.proof ?? entry) : entry
  return {
    log: log.baseUrl,
    logIndex: String(logIndex),
    kind: `${entry.kind}/${entry.version}`,
    ...(at !== undefined && { integratedAt: at }),
    proof: at === undefined ? 'inclusion-proof' : proven ? 'both' : 'signed-entry-timestamp',
  }
}

function missingHint(trust: TrustRoot | undefined): string {
  return trust === undefined
    ? 'name a trusted root, so that there are logs to trust'
    : 'is the trusted root the one of the Sigstore instance that was signed with?'
}

function refusal(
  code:
    | 'MISSING_LOG_ENTRY'
    | 'DUPLICATE_LOG_ENTRY'
    | 'INVALID_LOG_PROMISE'
    | 'INVALID_LOG_PROOF'
    | 'TIME_IN_FUTURE',
  message: string,
  details: { readonly expected?: string; readonly got?: string; readonly hint?: string } = {},
): VerificationError {
  return new VerificationError(code, message, { step: 'transparency-log', ...details })
}
