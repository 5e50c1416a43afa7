import { readAll, RegistryError, type Call, type ContentSource, type Descriptor } from '@assay/registry'
import { maxBundleSize } from '../bundle/parse-bundle.ts'
import { toRefusal } from '../refusal/refusal.ts'
import { VerificationError } from '../refusal/verification-error.ts'
import type { Attachment, FoundAttachment, UnusableAttachment } from './attachment.ts'

/** The content of one or more attachments: many signatures may be over one payload. */
export interface AttachedContent {
  /**
   * The bytes, or why they cannot be used.
   * @throws RegistryError where the place cannot be read
   */
  read(): Promise<Uint8Array | Fault>
  /** Reads it now and keeps it, for content that is small. */
  readAhead(): Promise<void>
}

/** What is wrong with content that arrived. */
export interface Fault {
  readonly message: string
  readonly expected?: string
  readonly got?: string
  readonly cause?: unknown
}

export function attachedContent(source: ContentSource, layer: Descriptor, call?: Call): AttachedContent {
  let kept: Uint8Array | Fault | undefined
  const read = async (): Promise<Uint8Array | Fault> => {
    try {
      return kept ?? (await readAll(source.open(layer, call), { limit: maxBundleSize, on: layer.digest }))
    } catch (error) {
      return brokenContent(error)
    }
  }
  return {
    read,
    readAhead: async () => {
      kept = await read()
    },
  }
}

/**
 * Does something with each attachment and its bytes, and answers in the order of the place. Each content is read once,
 * however many attachments name it, and only one of those that are not small is in memory at a time.
 */
export async function withContents<Result>(
  attachments: readonly FoundAttachment[],
  work: (attachment: Attachment) => Promise<Result>,
): Promise<readonly Result[]> {
  const answers: { readonly at: number; readonly result: Result }[] = []
  const groups = Map.groupBy(attachments.entries(), ([at, each]) =>
    each.kind === 'unusable' ? at : each.content,
  )
  // One after the other, for the memory.
  // oxlint-disable no-await-in-loop
  for (const [content, group] of groups) {
    const read = typeof content === 'number' ? noContent : await content.read()
    for (const [at, found] of group) answers.push({ at, result: await work(withBytes(found, read)) })
  }
  // oxlint-enable no-await-in-loop
  return answers.toSorted((a, b) => a.at - b.at).map(({ result }) => result)
}

const noContent = new Uint8Array()

function withBytes(found: FoundAttachment, read: Uint8Array | Fault): Attachment {
  if (found.kind === 'unusable') return found
  const { kind, manifest, layer } = found
  return 'message' in read ? unusable(manifest, read, layer) : { kind, manifest, layer, bytes: read }
}

/**
 * Bytes that arrived and do not hold make one attachment unusable.
 * @throws everything else: that is "could not tell"
 */
export function brokenContent(error: unknown): Fault {
  const broken = ['CONTENT_MISMATCH', 'MALFORMED_CONTENT', 'LIMIT_EXCEEDED']
  if (!(error instanceof RegistryError) || !broken.includes(error.code)) throw error
  const { message, expected, got } = error
  return {
    message,
    ...(expected !== undefined && { expected }),
    ...(got !== undefined && { got }),
    cause: error,
  }
}

/** An attachment that nobody can use, and why. */
export function unusable(manifest: Descriptor, fault: Fault, layer?: Descriptor): UnusableAttachment {
  const { message, ...details } = fault
  const error = new VerificationError('UNUSABLE_ATTACHMENT', `the attachment cannot be used: ${message}`, {
    step: 'attachment',
    on: (layer ?? manifest).digest,
    ...details,
  })
  const { cause } = fault
  const lost = cause instanceof RegistryError && cause.code === 'CONTENT_MISMATCH' ? cause : undefined
  return {
    kind: 'unusable',
    manifest,
    ...(layer !== undefined && { layer }),
    refusal: toRefusal(error),
    ...(lost !== undefined && { lost }),
  }
}
