import { setTimeout } from 'node:timers/promises'
import type { ImageVerification } from '@assay/core'

/** How far ahead another clock may be to be waited for, in milliseconds. */
const patience = 10_000

/**
 * Verifies, and once more where it failed only for the time: right after signing, the clock of a log may be a few
 * seconds ahead of ours. Nothing from the future is ever accepted; it is waited for until it lies in the past.
 */
export async function waitForClock(
  now: Date,
  attempt: (now: Date) => Promise<ImageVerification>,
  signal?: AbortSignal,
): Promise<ImageVerification> {
  const first = await attempt(now)
  const latest = Math.max(...first.refused.map(({ refusal }) => ahead(refusal, now)))
  if (first.proofs.length > 0 || latest <= 0 || latest > patience) return first
  await setTimeout(latest, undefined, signal === undefined ? {} : { signal })
  return await attempt(new Date(now.getTime() + latest))
}

function ahead({ code, got = '' }: ImageVerification['refused'][number]['refusal'], now: Date): number {
  if (code !== 'TIME_IN_FUTURE') return 0
  const milliseconds = Date.parse(got) - now.getTime()
  return Number.isNaN(milliseconds) ? 0 : milliseconds
}
