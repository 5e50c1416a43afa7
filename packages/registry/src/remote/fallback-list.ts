import { setTimeout as sleep } from 'node:timers/promises'
import { checkAborted } from '../aborted.ts'
import type { Call } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { digestOf, type Digest } from '../digest.ts'
import { RegistryError } from '../errors.ts'
import { descriptorToJson } from '../json/descriptor-to-json.ts'
import { mediaTypes } from '../media-types.ts'
import { maxIndexEntries } from '../parse-manifest.ts'
import { referrersTag } from '../referrer.ts'
import type { Endpoint } from './endpoint.ts'
import { putManifest, type FetchedManifest } from './manifests.ts'
import { fallbackIndex, type FallbackIndex } from './referrers.ts'

/** What shall become of the list under a fallback tag; nothing stands in both. */
export interface ListChange {
  readonly add: readonly Descriptor[]
  readonly remove: ReadonlySet<Digest>
}

const maxRounds = 40
/** Writers of this process to one fallback tag, one after the other. */
const queues = new Map<string, Promise<void>>()

/**
 * Changes the index under the fallback tag of a subject (OCI distribution-spec, "Referrers Tag Schema").
 *
 * Registries have no compare-and-swap there (distribution 2.8 takes any `If-Match`), so writers can overwrite each
 * other. Each writer therefore waits, after its write, for longer than another's read-then-write takes, reads back,
 * and starts again if its change was lost. The wait is measured: a multiple of the time of its own read and write.
 * @throws RegistryError WRITE_FAILED if the change does not stay; LIMIT_EXCEEDED for a list that nobody would read
 */
export async function changeFallbackList(
  endpoint: Endpoint,
  { subject, change }: { readonly subject: Digest; readonly change: ListChange },
  call?: Call,
): Promise<void> {
  const key = `${endpoint.origin.origin}/${endpoint.repository}@${subject}`
  const before = queues.get(key) ?? Promise.resolve()
  const mine = before.then(async () => await changeUntilItStays(endpoint, { subject, change }, call))
  const settled = mine.then(
    () => undefined,
    () => undefined,
  )
  queues.set(key, settled)
  try {
    await mine
  } finally {
    if (queues.get(key) === settled) queues.delete(key)
  }
}

async function changeUntilItStays(
  endpoint: Endpoint,
  { subject, change }: { readonly subject: Digest; readonly change: ListChange },
  call?: Call,
): Promise<void> {
  let slowest = 0
  for (let round = 0; round < maxRounds; round += 1) {
    checkAborted(call)
    const start = performance.now()
    const current = await fallbackIndex(endpoint, subject, call)
    if (holds(current, change)) {
      if (round === 0) return
    } else {
      await putManifest(endpoint, changed(current, change, subject), call)
    }
    slowest = Math.max(slowest, performance.now() - start)
    // Twice, because a slow writer may come between the first look and the second.
    if ((await staysAfter(slowest)) && (await staysAfter(slowest))) return
  }
  throw new RegistryError('WRITE_FAILED', 'other writers keep overwriting the list of referrers', {
    on: subject,
    hint: 'try again when nobody else signs or cleans this image',
  })

  async function staysAfter(pause: number): Promise<boolean> {
    await sleep(Math.min(20 + pause * (2 + Math.random()), 5000))
    return holds(await fallbackIndex(endpoint, subject, call), change)
  }
}

function holds(index: FallbackIndex | undefined, { add, remove }: ListChange): boolean {
  const listed = new Set((index?.entries ?? []).map(({ digest }) => digest))
  return add.every(({ digest }) => listed.has(digest)) && [...remove].every((digest) => !listed.has(digest))
}

function changed(
  current: FallbackIndex | undefined,
  { add, remove }: ListChange,
  subject: Digest,
): FetchedManifest & { readonly name: string } {
  const kept = (current?.entries ?? []).filter(({ digest }) => !remove.has(digest))
  const listed = new Set(kept.map(({ digest }) => digest))
  const entries = [...kept, ...add.filter(({ digest }) => !listed.has(digest))]
  if (entries.length > maxIndexEntries) {
    throw new RegistryError('LIMIT_EXCEEDED', `there are more than ${maxIndexEntries} referrers`, {
      on: subject,
    })
  }
  const manifests = entries.map(descriptorToJson)
  const bytes = new TextEncoder().encode(
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }),
  )
  const descriptor = { mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), size: bytes.byteLength }
  return { descriptor, bytes, name: referrersTag(subject) }
}
