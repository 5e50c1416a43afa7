import { X509Certificate } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import type { CertificateAuthorityEntry, LogEntryKey, TrustRootSource } from '../trust-root-source.ts'
import { readUrl } from './parse-keyless.ts'
import {
  complain,
  complainMissing,
  complainValue,
  exactlyOne,
  readFields,
  readList,
  readText,
} from './slot.ts'
import type { Fields, Slot } from './slot.ts'

/** Reads the `spec` of a TrustRoot (gates.md §1.3). */
export function parseTrustRootSpec(slot: Slot): TrustRootSource | undefined {
  const fields = readFields(slot, ['remote', 'repository', 'sigstoreKeys'])
  if (fields === undefined) {
    complain(slot, { code: 'MISSING_FIELD', message: 'missing field(s): spec' })
    return undefined
  }
  if (!exactlyOne(fields, ['repository', 'remote', 'sigstoreKeys'])) return undefined
  if (fields.has('remote')) return parseRemote(fields.get('remote'))
  if (fields.has('repository')) return parseRepository(fields.get('repository'))
  return parseKeys(fields.get('sigstoreKeys'))
}

/** There is one TrustRoot, that of policy.sigstore.dev. */
const asInCluster = { extended: false }

function parseRemote(slot: Slot): TrustRootSource | undefined {
  const fields = readFields(slot, ['root', 'mirror', 'targets', 'trustedRootTarget'])
  if (fields === undefined) return undefined
  if (!fields.has('mirror')) complainMissing(fields, ['mirror'])
  const mirror = readUrl(fields.get('mirror'), asInCluster)
  const root = readRoot(fields)
  const targets = readText(fields.get('targets')) ?? 'targets'
  const target = readText(fields.get('trustedRootTarget')) ?? 'trusted_root.json'
  if (mirror === undefined || root === undefined) return undefined
  return { kind: 'remote', mirror, root, targets, target }
}

function parseRepository(slot: Slot): TrustRootSource | undefined {
  const fields = readFields(slot, ['root', 'mirrorFS', 'targets', 'trustedRootTarget'])
  if (fields === undefined) return undefined
  const root = readRoot(fields)
  if (!fields.has('mirrorFS')) complainMissing(fields, ['mirrorFS'])
  const archive = readArchive(fields.get('mirrorFS'))
  const targets = readText(fields.get('targets')) ?? 'targets'
  const target = readText(fields.get('trustedRootTarget')) ?? 'trusted_root.json'
  if (root === undefined || archive === undefined) return undefined
  return { kind: 'repository', archive, root, targets, target }
}

/** The repository as a gzipped tar with the metadata that every client starts from. */
function readArchive(slot: Slot): Uint8Array | undefined {
  const bytes = readBase64(slot)
  if (bytes === undefined || holdsTimestamp(bytes)) return bytes
  complainValue(slot, 'the decoded archive', { expected: 'a TUF repository in a gzipped tar, in base64' })
  return undefined
}

const maxArchive = 16 * 1024 * 1024

function holdsTimestamp(archive: Uint8Array): boolean {
  try {
    // The name of an entry stands at the beginning of its header, a block of 512 bytes.
    const tar = gunzipSync(archive, { maxOutputLength: maxArchive })
    for (let at = 0; at < tar.length; at += 512)
      if (/(?:^|\/)timestamp\.json\0/.test(tar.toString('latin1', at, at + 101))) return true
    return false
  } catch {
    // Cut, too large or no gzip: the caller says which field it was.
    return false
  }
}

function readRoot(fields: Fields): Uint8Array | undefined {
  if (!fields.has('root')) complainMissing(fields, ['root'])
  const slot = fields.get('root')
  const bytes = readBase64(slot)
  if (bytes === undefined) return undefined
  if (hasSignatures(bytes)) return bytes
  complainValue(slot, 'the decoded root', { expected: 'a TUF root.json with signatures' })
  return undefined
}

function hasSignatures(bytes: Uint8Array): boolean {
  try {
    const root: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return typeof root === 'object' && root !== null && 'signatures' in root && root.signatures !== null
  } catch {
    // Not UTF-8 or not JSON: the caller says which field it was.
    return false
  }
}

function parseKeys(slot: Slot): TrustRootSource | undefined {
  const fields = readFields(slot, ['certificateAuthorities', 'tLogs', 'ctLogs', 'timestampAuthorities'])
  if (fields === undefined) return undefined
  const authorities = readList(fields.get('certificateAuthorities'))
  const stamps = readList(fields.get('timestampAuthorities'))
  if (authorities.length === 0 && stamps.length === 0) {
    complainMissing(fields, ['certificateAuthorities', 'timestampAuthorities'])
  }
  return {
    kind: 'keys',
    certificateAuthorities: authorities.flatMap((item) => parseChain(item) ?? []),
    timestampAuthorities: stamps.flatMap((item) => parseTimestampChain(item) ?? []),
    tlogs: readList(fields.get('tLogs')).flatMap((item) => parseLog(item) ?? []),
    ctlogs: readList(fields.get('ctLogs')).flatMap((item) => parseLog(item) ?? []),
  }
}

function parseChain(slot: Slot): CertificateAuthorityEntry | undefined {
  const fields = readFields(slot, ['subject', 'uri', 'certChain'])
  if (fields === undefined) return undefined
  for (const name of ['subject', 'uri', 'certChain']) if (!fields.has(name)) complainMissing(fields, [name])
  const subject = parseSubject(fields.get('subject'))
  const uri = readUrl(fields.get('uri'), asInCluster)
  const chain = readChain(fields.get('certChain'))
  return uri === undefined || chain === undefined || subject === undefined
    ? undefined
    : { uri, chain, ...subject }
}

function parseSubject(
  slot: Slot,
): Pick<CertificateAuthorityEntry, 'organization' | 'commonName'> | undefined {
  const fields = readFields(slot, ['organization', 'commonName'])
  if (fields === undefined) return undefined
  for (const name of ['organization', 'commonName']) if (!fields.has(name)) complainMissing(fields, [name])
  const organization = readText(fields.get('organization'))
  const commonName = readText(fields.get('commonName'))
  return organization === undefined || commonName === undefined ? undefined : { organization, commonName }
}

function parseTimestampChain(slot: Slot): CertificateAuthorityEntry | undefined {
  const authority = parseChain(slot)
  if (authority === undefined) return undefined
  const leaves = authority.chain.filter((der) => !new X509Certificate(der).ca)
  if (leaves.length > 1) {
    complainValue(slot, `${leaves.length} certificates`, {
      expected: 'a chain with at most one TSA certificate',
    })
    return undefined
  }
  return authority
}

/** Base64 of PEM, as Go writes bytes that are text. DER comes back. */
function readChain(slot: Slot): readonly Uint8Array[] | undefined {
  const bytes = readBase64(slot)
  if (bytes === undefined) return undefined
  const blocks = latin1(bytes).match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  try {
    const chain = blocks.slice(0, 32).map((pem) => new Uint8Array(new X509Certificate(pem).raw))
    if (chain.length > 0) return chain
  } catch {
    // OpenSSL's words for a broken certificate help nobody; the field does.
  }
  complainValue(slot, 'the decoded text', { expected: 'certificates in PEM form, in base64' })
  return undefined
}

function parseLog(slot: Slot): LogEntryKey | undefined {
  const fields = readFields(slot, ['baseURL', 'hashAlgorithm', 'publicKey'])
  if (fields === undefined) return undefined
  for (const name of ['baseURL', 'hashAlgorithm', 'publicKey'])
    if (!fields.has(name)) complainMissing(fields, [name])
  const baseUrl = readUrl(fields.get('baseURL'), asInCluster)
  const hashAlgorithm = readText(fields.get('hashAlgorithm'))
  const bytes = readBase64(fields.get('publicKey'))
  if (baseUrl === undefined || hashAlgorithm === undefined || bytes === undefined) return undefined
  const pem = latin1(bytes).trim()
  if (!pem.startsWith('-----BEGIN ')) {
    complainValue(fields.get('publicKey'), 'the decoded text', {
      expected: 'a public key in PEM form, in base64',
    })
    return undefined
  }
  return { baseUrl, hashAlgorithm, publicKey: pem }
}

function readBase64(slot: Slot): Uint8Array | undefined {
  const text = readText(slot)?.replace(/\s+/g, '')
  if (text === undefined) return undefined
  if (text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text)) return Buffer.from(text, 'base64')
  complainValue(slot, text, { expected: 'base64' })
  return undefined
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
