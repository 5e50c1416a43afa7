/**
 * A DSSE envelope as JSON, byte for byte one and the same wherever it is written: logs keep the hash of these bytes
 * (cosign specs/ATTESTATION_SPEC.md).
 */
export function printEnvelope(envelope: {
  readonly payloadType: string
  readonly payload: Uint8Array
  readonly signature: Uint8Array
}): Uint8Array {
  const { payloadType, payload, signature } = envelope
  const signatures = [{ keyid: '', sig: Buffer.from(signature).toString('base64') }]
  return Buffer.from(
    JSON.stringify({ payloadType, payload: Buffer.from(payload).toString('base64'), signatures }),
  )
}
