import { setTimeout as sleep } from 'node:timers/promises'
import { checkAborted } from '../aborted.ts'
import type { Call } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { digestOf, type Digest } from '../digest.ts'
import { RegistryError } from '../errors.ts'
import { descriptorToJson } from '../json/descriptor-to-json.ts'
import { mediaTypes } from '../media-types.ts'
import { referrersTag } from '../referrer.ts'
import type { Endpoint } from './endpoint.ts'
import { putManifest, type FetchedManifest } from './manifests.ts'
import { fallbackIndex, referrersFromApi, type FallbackIndex } from './referrers.ts'

const maxRounds = 40
/** Writers of this process to one fallback tag, one after the other. */
const queues = new Map<string, Promise<void>>()

/**
 * Makes a referrer findable on a registry that did not say that it has filed it: if the API does not list it, it is
 * added to the index under the fallback tag.
 *
 * Registries have no compare-and-swap there (distribution 2.8 takes any `If-Match`), so writers can overwrite each
 * other. Each writer therefore waits, after its write, for longer than another's read-then-write takes, reads back,
 * and starts again if its entry was lost. The wait is measured: a multiple of the time of its own read and write.
 * @throws RegistryError WRITE_FAILED if the entry does not stay
 */
export async function fileReferrer(
  endpoint: Endpoint,
  filing: { readonly subject: Digest; readonly entry: Descriptor },
  call?: Call,
): Promise<void> {
  const listed = await referrersFromApi(endpoint, filing.subject, call)
  if (listed?.some(({ digest }) => digest === filing.entry.digest) === true) return
  const key = `${endpoint.origin.origin}/${endpoint.repository}@${filing.subject}`
  const before = queues.get(key) ?? Promise.resolve()
  const mine = before.then(async () => await addToFallback(endpoint, filing, call))
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

async function addToFallback(
  endpoint: Endpoint,
  { subject, entry }: { readonly subject: Digest; readonly entry: Descriptor },
  call?: Call,
): Promise<void> {
  let slowest = 0
  for (let round = 0; round < maxRounds; round += 1) {
    checkAborted(call)
    const start = performance.now()
    const current = await fallbackIndex(endpoint, subject, call)
    if (has(current, entry)) {
      if (round === 0) return
    } else {
      await putManifest(endpoint, withEntry(current, entry, subject), call)
    }
    slowest = Math.max(slowest, performance.now() - start)
    // Twice, because a slow writer may come between the first look and the second.
    if ((await staysAfter(slowest)) && (await staysAfter(slowest))) return
  }
  throw new RegistryError('WRITE_FAILED', 'other writers keep overwriting the list of referrers', {
    on: subject,
  })

  async function staysAfter(pause: number): Promise<boolean> {
    await sleep(Math.min(20 + pause * (2 + Math.random()), 5000))
    return has(await fallbackIndex(endpoint, subject, call), entry)
  }
}

function has(index: FallbackIndex | undefined, entry: Descriptor): boolean {
  return index?.entries.some(({ digest }) => digest === entry.digest) === true
}

function withEntry(
  current: FallbackIndex | undefined,
  entry: Descriptor,
  subject: Digest,
): FetchedManifest & { readonly name: string } {
  const manifests = [...(current?.entries ?? []), entry].map(descriptorToJson)
  const bytes = new TextEncoder().encode(
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }),
  )
  const descriptor = { mediaType: mediaTypes.ociIndex, digest: digestOf(bytes), size: bytes.byteLength }
  return { descriptor, bytes, name: referrersTag(subject) }
}
