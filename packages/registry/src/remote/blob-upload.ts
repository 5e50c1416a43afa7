import { checkAborted } from '../aborted.ts'
import type { Call } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import type { Digest } from '../digest.ts'
import { RegistryError } from '../errors.ts'
import { discard } from '../transport/transport.ts'
import { readAll, verifiedStream } from '../verified-stream.ts'
import { expectStatus } from './answer-error.ts'
import { send, urlOf, type Endpoint } from './endpoint.ts'
import { replayable, type Replayable } from './replayable.ts'
import { cancelUpload, completeUpload, sendPart, startUpload, uploadState } from './upload-session.ts'

/** Blobs up to this size are held in memory, so that their upload can be repeated. */
const maxBuffered = 4 * 1024 * 1024
/** How much of what was sent is kept for a registry that did not get it: far more than is on its way at once. */
const replayWindow = 8 * 1024 * 1024
/** How often in a row an upload is resumed without the registry having got a single byte more. */
const maxFruitless = 3
const maxResumptions = 100
/** Of blobs for registries (or proxies before them) that take no large bodies. */
const partSize = 48 * 1024 * 1024

/** What a registry has shown about how it takes blobs, from one upload to the next. */
export interface UploadHabits {
  /** A body was too large for it: blobs go in parts. */
  inParts: boolean
}

/** Whether a blob is there (OCI distribution-spec, "Checking if content exists"). */
export async function hasBlob(endpoint: Endpoint, descriptor: Descriptor, call?: Call): Promise<boolean> {
  const response = await send(
    endpoint,
    { method: 'HEAD', url: urlOf(endpoint, `blobs/${descriptor.digest}`) },
    call,
  )
  await discard(response)
  await expectStatus(response, [200, 404], { doing: 'looking for a blob', on: descriptor.digest })
  return response.status === 200
}

/**
 * Uploads a blob: POST, then one PUT with its digest (OCI distribution-spec, "Pushing a blob monolithically"). What is
 * cut goes on where the registry says that it was, by PATCH ("Pushing a blob in chunks"). The bytes are verified on their
 * way; content that is wrong never completes an upload.
 * @throws RegistryError CONTENT_MISMATCH; UNREACHABLE for a cut after which the registry has forgotten the upload
 */
export async function uploadBlob(
  endpoint: Endpoint,
  blob: {
    readonly descriptor: Descriptor
    readonly content: AsyncIterable<Uint8Array>
    readonly habits: UploadHabits
  },
  call?: Call,
): Promise<void> {
  const { descriptor, habits } = blob
  const { digest, size } = descriptor
  const verified = verifiedStream(descriptor, blob.content)
  if (size <= maxBuffered) {
    // Read first: what fails here has not touched the registry.
    const body = await readAll(verified, { limit: maxBuffered, on: digest })
    const { session } = await startUpload(endpoint, digest, call)
    await completeUpload(endpoint, { session, digest, length: size, body }, call)
    return
  }
  const source = replayable(verified, replayWindow)
  try {
    const started = await startUpload(endpoint, digest, call)
    await sendUntilThere(endpoint, { descriptor, source, habits, ...started, at: 0 }, call)
  } finally {
    await source.close()
  }
}

interface Upload {
  readonly descriptor: Descriptor
  readonly source: Replayable
  readonly habits: UploadHabits
  readonly leastPart: number
  session: URL
  /** How many bytes the registry has. */
  at: number
}

async function sendUntilThere(endpoint: Endpoint, upload: Upload, call?: Call): Promise<void> {
  const { descriptor, habits } = upload
  let fruitless = 0
  for (let attempt = 0; ; attempt += 1) {
    const before = upload.at
    try {
      await sendRest(endpoint, upload, call)
      return
    } catch (error) {
      if (isTooLarge(error) && !habits.inParts) {
        habits.inParts = true
        throw new RegistryError(
          'UNREACHABLE',
          'the registry takes no body of this size: the next try is in parts',
          {
            on: descriptor.digest,
            cause: error,
          },
        )
      }
      if (!isCut(error)) throw error
      checkAborted(call)
      // The answer may be all that was lost.
      if (await hasBlob(endpoint, descriptor, call)) return
      const isOn = await findPlace(endpoint, upload, call)
      fruitless = upload.at > before ? 0 : fruitless + 1
      if (!isOn || fruitless >= maxFruitless || attempt >= maxResumptions) throw error
    }
  }
}

/** Where to go on after a cut; false if the registry does not say, or has less than we can send again. */
async function findPlace(endpoint: Endpoint, upload: Upload, call?: Call): Promise<boolean> {
  const { descriptor, session, source } = upload
  const state = await uploadState(endpoint, { session, digest: descriptor.digest }, call)
  if (state === undefined || !source.reaches(state.received)) return false
  upload.session = state.session
  upload.at = state.received
  return true
}

async function sendRest(endpoint: Endpoint, upload: Upload, call?: Call): Promise<void> {
  const { descriptor, source, habits } = upload
  const { digest, size } = descriptor
  if (upload.at === 0 && !habits.inParts) {
    const whole = { session: upload.session, digest, length: size, body: source.read(0, size) }
    await completeUpload(endpoint, whole, call)
    return
  }
  const part = habits.inParts ? Math.max(partSize, upload.leastPart) : size
  while (upload.at < size) {
    const length = Math.min(part, size - upload.at)
    const body = source.read(upload.at, length)
    const sent = { session: upload.session, digest, from: upload.at, length, body }
    upload.session = await sendPart(endpoint, sent, call)
    upload.at += length
  }
  await completeUpload(endpoint, { session: upload.session, digest, length: 0 }, call)
}

function isCut(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'UNREACHABLE'
}

function isTooLarge(error: unknown): boolean {
  return (
    error instanceof RegistryError &&
    error.code === 'LIMIT_EXCEEDED' &&
    error.got?.startsWith('status 413') === true
  )
}

/**
 * Lets the registry take a blob from another of its repositories, without moving bytes.
 * Returns whether it did (OCI distribution-spec, "Mounting a blob from another repository").
 */
export async function mountBlob(
  endpoint: Endpoint,
  blob: { readonly digest: Digest; readonly from: string },
  call?: Call,
): Promise<boolean> {
  const url = urlOf(endpoint, 'blobs/uploads/')
  url.searchParams.set('mount', blob.digest)
  url.searchParams.set('from', blob.from)
  const response = await send(endpoint, { method: 'POST', url, headers: { 'content-length': '0' } }, call)
  // Without access to the source, registries answer in many ways; whatever is not 201 is "no", and the upload decides.
  await discard(response)
  if (response.status === 202) await cancelUpload(endpoint, { started: response, url }, call)
  return response.status === 201
}
