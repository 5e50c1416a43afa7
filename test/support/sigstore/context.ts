import { generateKeyPairSync } from 'node:crypto'
import type { KeyPair } from './certificate.ts'
import type { Lie } from './lies.ts'

/** What the services share: the time, and which lies are told now. */
export interface Context {
  readonly now: () => Date
  readonly lies: (lie: Lie) => boolean
}

export const hosts = {
  fulcio: 'https://fulcio.sigstore.test',
  ctLog: 'https://ctlog.sigstore.test',
  rekorV1: 'https://rekor.sigstore.test',
  rekorV2: 'https://log2026.rekor.sigstore.test',
  tsa: 'https://tsa.sigstore.test',
  issuer: 'https://accounts.sigstore.test',
} as const

/** Every authority of the virtual Sigstore is valid since then, so that it can sign at any chosen time. */
export const beginning = new Date('2020-01-01T00:00:00Z')
export const end = new Date('2060-01-01T00:00:00Z')

export function ecKeyPair(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

export function ed25519KeyPair(): KeyPair {
  return generateKeyPairSync('ed25519')
}

export function hoursAfter(at: Date, hours: number): Date {
  return new Date(at.getTime() + hours * 3_600_000)
}
