import type { Proof } from '../verify/proof.ts'

/** Who signed, when, and what was not checked. */
export function proofLine({ signer, times, weakened }: Proof): string {
  const who =
    signer.kind === 'key' ? `key ${signer.keyId}` : `${signer.identity.subject} (${signer.identity.issuer})`
  const [time] = times
  const when = time === undefined ? 'at an unknown time' : `at ${time.at.toISOString()}`
  const weak = weakened.length === 0 ? '' : `; WEAKENED: ${weakened.join(', ').replaceAll('-', ' ')}`
  return `signed by ${who} ${when}${weak}`
}
