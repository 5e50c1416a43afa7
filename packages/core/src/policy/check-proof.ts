import type { Identity } from '../trust/identity.ts'
import type { Proof } from '../verify/proof.ts'
import { describeDuration } from './duration.ts'
import { hasFormat, sourceOf } from './candidates.ts'
import type { IdentityRule, SignedAuthority } from './policy.ts'
import type { Reason } from './reason.ts'
import { describeText, matchText } from '../verify/text-rule.ts'
import type { TextRule } from '../verify/text-rule.ts'

/** What an authority asks of one proof, beyond that it holds. */
export interface ProofDemand {
  readonly authority: SignedAuthority
  /** Milliseconds; the stricter of the authority's and the attestation's. */
  readonly maxAge: number | undefined
  readonly now: Date
}

/** Why a proof does not satisfy an authority; undefined where it does. */
export function faultOf(proof: Proof, demand: ProofDemand): Reason | undefined {
  const { authority } = demand
  const on = sourceOf(proof)
  if (!hasFormat(proof, authority.signatureFormat)) return wrongFormat(proof, authority)
  const reason = signerFault(proof, authority) ?? logFault(proof, authority) ?? timeFault(proof, demand)
  return reason === undefined ? undefined : { on, ...reason }
}

function wrongFormat(proof: Proof, authority: SignedAuthority): Reason {
  return {
    code: 'WRONG_FORMAT',
    step: 'content',
    on: sourceOf(proof),
    message: `it is in the ${proof.source.format} format, the authority takes ${authority.signatureFormat} only`,
    expected: authority.signatureFormat,
    got: proof.source.format,
    hint: `signatureFormat: ${proof.source.format} accepts it, and so does auto in an assay.dev policy`,
  }
}

function signerFault(proof: Proof, authority: SignedAuthority): Reason | undefined {
  const wantsKey = authority.signer.kind === 'key'
  if ((proof.signer.kind === 'key') !== wantsKey) {
    const [expected, got] = wantsKey ? ['a key', 'a certificate'] : ['a certificate', 'a key']
    return {
      code: 'WRONG_SIGNER',
      step: 'identity',
      message: `signed with ${got}, not with ${expected}`,
      expected,
      got,
    }
  }
  if (authority.signer.kind === 'key' || proof.signer.kind === 'key') return undefined
  const { identity } = proof.signer
  const faults = authority.signer.identities.map((rule) => identityFault(rule, identity))
  if (faults.some((fault) => fault === undefined)) return undefined
  const [first, ...others] = faults.filter((fault) => fault !== undefined)
  if (first === undefined || others.length === 0) return first
  return { ...first, message: `${first.message}, nor do the other ${others.length} identities` }
}

function identityFault(rule: IdentityRule, identity: Identity): Reason | undefined {
  const issuer = textFault('issuer', rule.issuer, identity.issuer)
  if (issuer !== undefined) return { code: 'IDENTITY_MISMATCH', step: 'identity', ...issuer }
  const subject = textFault('subject', rule.subject, identity.subject)
  if (subject !== undefined) return { code: 'IDENTITY_MISMATCH', step: 'identity', ...subject }
  for (const [name, wanted] of Object.entries(rule.extensions)) {
    const value = Object.hasOwn(identity.extensions, name) ? identity.extensions[name] : undefined
    if (value === undefined) {
      const message = `the certificate does not say its ${name}`
      return { code: 'EXTENSION_MISMATCH', step: 'identity', message, expected: describeText(wanted) }
    }
    const fault = textFault(name, wanted, value)
    if (fault !== undefined) return { code: 'EXTENSION_MISMATCH', step: 'identity', ...fault }
  }
  return undefined
}

type TextFault = Pick<Reason, 'message' | 'expected' | 'got' | 'hint'>

function textFault(what: string, rule: TextRule, text: string): TextFault | undefined {
  const match = matchText(rule, text)
  if (match.status === 'matches') return undefined
  const wanted = describeText(rule)
  const verb = rule.kind === 'exact' ? 'is not' : 'does not match'
  const hint = match.unanchored
    ? { hint: 'the expression matches a part of it only; here it has to match the whole' }
    : {}
  return { message: `${what} ${text} ${verb} ${wanted}`, expected: wanted, got: text, ...hint }
}

/** A trust root may hold several logs; a policy that names one by its URL takes no other's word. */
function logFault({ logEntries }: Proof, { log }: SignedAuthority): Reason | undefined {
  const wanted = log.url?.replace(/\/$/, '')
  if (wanted === undefined || logEntries.some((entry) => entry.log.replace(/\/$/, '') === wanted))
    return undefined
  const logs = logEntries.map((entry) => entry.log).join(', ') || 'no log'
  return {
    code: 'WRONG_LOG',
    step: 'time',
    message: `it stands in ${logs}, not in ${wanted}`,
    expected: wanted,
    got: logs,
    hint: 'without url, ctlog takes any log of the trust root',
  }
}

function timeFault(proof: Proof, { authority, maxAge, now }: ProofDemand): Reason | undefined {
  if (authority.log.demand === 'log-or-timestamp' && proof.times.length === 0) {
    return {
      code: 'NO_VERIFIED_TIME',
      step: 'time',
      message: 'neither a log nor a timestamp authority says when it was signed',
      hint: 'name the log of this trust root under ctlog, or sign with a timestamp',
    }
  }
  if (
    authority.timestamp.demand === 'required' &&
    !proof.times.some(({ source }) => source === 'timestamp-authority')
  ) {
    return { code: 'NO_TIMESTAMP', step: 'time', message: 'no timestamp authority says when it was signed' }
  }
  return maxAge === undefined ? undefined : ageFault(proof, maxAge, now)
}

/** By the earliest time that was verified: later ones can be had for an old signature by anybody. */
function ageFault(proof: Proof, maxAge: number, now: Date): Reason | undefined {
  const times = proof.times.map(({ at }) => at.getTime())
  if (times.length === 0) {
    return { code: 'NO_VERIFIED_TIME', step: 'time', message: 'nothing verified says how old it is' }
  }
  const signed = Math.min(...times)
  const age = now.getTime() - signed
  if (age <= maxAge) return undefined
  return {
    code: 'TOO_OLD',
    step: 'time',
    message: `signed ${describeDuration(age)} ago, at most ${describeDuration(maxAge)} is accepted`,
    expected: `signed after ${new Date(now.getTime() - maxAge).toISOString()}`,
    got: new Date(signed).toISOString(),
  }
}
