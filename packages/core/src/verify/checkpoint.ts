import { createHash, verify } from 'node:crypto'
import type { LogAuthority } from '../trust/trust-root.ts'
import { defaultHash } from './check-signature.ts'

/** A log's signed statement of its size and root hash (C2SP tlog-checkpoint, signed-note). */
export interface Checkpoint {
  readonly origin: string
  readonly treeSize: bigint
  readonly rootHash: Uint8Array
  /** The bytes that the signatures are over. */
  readonly signedText: string
  readonly signatures: readonly NoteSignature[]
}

interface NoteSignature {
  readonly name: string
  readonly keyHint: Uint8Array
  readonly signature: Uint8Array
}

const maxLength = 64 * 1024
const maxSignatures = 100

/** Reads a checkpoint; undefined where it is not one. */
export function parseCheckpoint(note: string): Checkpoint | undefined {
  const end = note.indexOf('\n\n')
  if (note.length > maxLength || end < 0) return undefined
  const [origin = '', size = '', root = ''] = note.slice(0, end).split('\n')
  const rootHash = Buffer.from(root, 'base64')
  const treeSize = /^(?:0|[1-9][0-9]{0,18})$/.test(size) ? BigInt(size) : undefined
  const signatures = parseSignatures(note.slice(end + 2))
  if (origin === '' || treeSize === undefined || signatures === undefined) return undefined
  if (rootHash.byteLength !== 32 || rootHash.toString('base64') !== root) return undefined
  return { origin, treeSize, rootHash, signedText: note.slice(0, end + 1), signatures }
}

/** signed-note: each line is an em dash, a name and base64 of a four byte key id and the signature. */
function parseSignatures(text: string): readonly NoteSignature[] | undefined {
  const lines = text.split('\n')
  if (lines.pop() !== '' || lines.length === 0 || lines.length > maxSignatures) return undefined
  const signatures = lines.map((line): NoteSignature | undefined => {
    const [dash, name = '', base64 = '', ...rest] = line.split(' ')
    const bytes = Buffer.from(base64, 'base64')
    if (dash !== '\u2014' || name === '' || rest.length > 0 || bytes.byteLength < 5) return undefined
    return { name, keyHint: bytes.subarray(0, 4), signature: bytes.subarray(4) }
  })
  const valid = signatures.filter((signature) => signature !== undefined)
  return valid.length === lines.length ? valid : undefined
}

/**
 * Whether this log signed the checkpoint as its own: under its name, about its origin, with its key. Signatures
 * of others (witnesses, unknown keys) neither count nor break.
 */
export function isSignedByLog(checkpoint: Checkpoint, log: LogAuthority): boolean {
  const names = namesOf(log.baseUrl)
  if (!names.some((name) => isOrigin(checkpoint.origin, name))) return false
  const text = Buffer.from(checkpoint.signedText)
  const hints = keyHintsOf(log)
  const hash = log.key.algorithm === 'ed25519' ? null : defaultHash[log.key.algorithm]
  return checkpoint.signatures.some(
    ({ name, keyHint, signature }) =>
      names.includes(name) &&
      hints.some((hint) => hint.equals(keyHint)) &&
      verify(hash, text, log.key.keyObject, signature),
  )
}

/** Rekor v1 adds its tree id to its name: `rekor.sigstore.dev - 2605736670972794746`. */
function isOrigin(origin: string, name: string): boolean {
  return (
    origin === name ||
    (origin.startsWith(`${name} - `) && /^[0-9]{1,20}$/.test(origin.slice(name.length + 3)))
  )
}

/** What a log at this URL calls itself: its host, with or without the port. */
function namesOf(baseUrl: string): readonly string[] {
  const url = URL.parse(baseUrl)
  return url === null ? [baseUrl] : [url.hostname, url.host]
}

/** The first four bytes of its key id, of its log id, or of the hash of its key (Rekor v1). */
function keyHintsOf(log: LogAuthority): readonly Buffer[] {
  const hash = createHash('sha256').update(log.key.spki).digest()
  return [log.checkpointKeyId, log.logId, hash]
    .filter((id) => id !== undefined)
    .map((id) => Buffer.from(id).subarray(0, 4))
}
