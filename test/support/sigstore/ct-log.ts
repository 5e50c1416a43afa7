import { createHash, sign } from 'node:crypto'
import { spkiOf, type Extension, type KeyPair } from './certificate.ts'
import { octets } from './der.ts'

/** RFC 6962 §3.2: the log promises to include the precertificate; `tbs` lacks the SCT extension. */
export function sctExtension(
  log: KeyPair,
  precertificate: { readonly tbs: Uint8Array; readonly issuer: KeyPair; readonly at: Date },
): Extension {
  const issuerKeyHash = createHash('sha256').update(spkiOf(precertificate.issuer.publicKey)).digest()
  const timestamp = unsigned(precertificate.at.getTime(), 8)
  const noExtensions = unsigned(0, 2)
  const signed = Buffer.concat([
    Uint8Array.of(0, 0),
    timestamp,
    unsigned(1, 2),
    issuerKeyHash,
    unsigned(precertificate.tbs.byteLength, 3),
    precertificate.tbs,
    noExtensions,
  ])
  const signature = sign('sha256', signed, log.privateKey)
  const sct = Buffer.concat([
    Uint8Array.of(0),
    logIdOf(log),
    timestamp,
    noExtensions,
    Uint8Array.of(4, 3),
    unsigned(signature.byteLength, 2),
    signature,
  ])
  const list = Buffer.concat([unsigned(sct.byteLength + 2, 2), unsigned(sct.byteLength, 2), sct])
  return { oid: '1.3.6.1.4.1.11129.2.4.2', value: octets(list) }
}

export function logIdOf(log: KeyPair): Uint8Array {
  return createHash('sha256').update(spkiOf(log.publicKey)).digest()
}

function unsigned(value: number, length: number): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes.subarray(8 - length)
}
