/**
 * The bytes that a DSSE signature is over (secure-systems-lab/dsse protocol.md, "PAE"): lengths count bytes of
 * UTF-8, so that no two pairs of type and payload give the same bytes.
 */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = Buffer.from(payloadType, 'utf8')
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.byteLength} `),
    type,
    Buffer.from(` ${payload.byteLength} `),
    payload,
  ])
}
