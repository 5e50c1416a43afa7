import { createHash } from 'node:crypto'
import type { Period } from './public-key.ts'
import type { CertificateChain, LogAuthority, TrustRoot } from './trust-root.ts'

const hashes = new WeakMap<TrustRoot, string>()

/** The SHA-256 (hexadecimal) of all that a trust root trusts, wherever it came from. */
export function trustRootHash(root: TrustRoot): string {
  const hash = hashes.get(root) ?? hashOf(root)
  hashes.set(root, hash)
  return hash
}

function hashOf(root: TrustRoot): string {
  const trusted = [
    root.certificateAuthorities.map(chainText),
    root.timestampAuthorities.map(chainText),
    root.transparencyLogs.map(logText),
    root.certificateLogs.map(logText),
  ]
  return createHash('sha256').update(JSON.stringify(trusted)).digest('hex')
}

/** When the first of what is trusted now ends to be; undefined where nothing does. */
export function trustRootEnd(root: TrustRoot, now: Date): Date | undefined {
  const all = [
    ...root.certificateAuthorities,
    ...root.timestampAuthorities,
    ...root.transparencyLogs,
    ...root.certificateLogs,
  ]
  const ends = all.flatMap(({ validFor: { end } }) => (end !== undefined && end > now ? [end.getTime()] : []))
  return ends.length === 0 ? undefined : new Date(Math.min(...ends))
}

function chainText({ uri, certificates, validFor }: CertificateChain): unknown {
  return [uri, certificates.map(({ der }) => base64(der)), periodText(validFor)]
}

function logText({ baseUrl, logId, checkpointKeyId, key, validFor }: LogAuthority): unknown {
  const checkpoint = checkpointKeyId === undefined ? null : base64(checkpointKeyId)
  return [baseUrl, base64(logId), checkpoint, base64(key.spki), periodText(validFor)]
}

function periodText({ start, end }: Period): unknown {
  return [start.getTime(), end?.getTime() ?? null]
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
