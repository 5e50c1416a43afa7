import { createHash } from 'node:crypto'
import { finishDigest, type Digest } from '@assay/registry'

/** Content that passes. */
export interface Content {
  /** A chunk is only valid until the next one is asked for. */
  readonly content: AsyncIterable<Buffer>
  /** SHA-256 of all of the content, where it is hashed; it gives undefined before the end was reached. */
  readonly digest: (() => Digest | undefined) | undefined
}

export interface HashedContent extends Content {
  readonly digest: () => Digest | undefined
}

/** Hashes what passes, unless somebody does. */
export function hashed({ content, digest: known }: Content): HashedContent {
  if (known !== undefined) return { content, digest: known }
  let digest: Digest | undefined
  const passing = async function* (): AsyncGenerator<Buffer, void, undefined> {
    const hash = createHash('sha256')
    for await (const chunk of content) {
      hash.update(chunk)
      yield chunk
    }
    digest = finishDigest(hash, 'sha256')
  }
  return { content: passing(), digest: () => digest }
}
