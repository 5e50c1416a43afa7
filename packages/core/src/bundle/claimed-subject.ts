import { parseDigest, type Digest } from '@assay/registry'
import { parseStatement } from '../statement/parse-statement.ts'
import type { SignedMaterial } from './signed-bundle.ts'
import { parseSimpleSigning } from './simple-signing.ts'

/**
 * What a bundle says that it is about: the first subject of its statement, the digest of its message. A claim, good
 * for explaining a bundle whose subject is not at hand; undefined where it names none.
 * @throws VerificationError MALFORMED_STATEMENT
 * @throws RegistryError MALFORMED_CONTENT for a digest of a wrong length
 */
export function claimedSubject({ content }: SignedMaterial): Digest | undefined {
  if (content.kind === 'simple-signing') return parseSimpleSigning(content.payload).manifestDigest
  if (content.kind === 'message')
    return content.digest?.algorithm === 'sha256' || content.digest?.algorithm === 'sha512'
      ? parseDigest(`${content.digest.algorithm}:${Buffer.from(content.digest.value).toString('hex')}`)
      : undefined
  const [subject] = parseStatement(content.payload).subject
  if (subject?.digest['sha256'] !== undefined) return parseDigest(`sha256:${subject.digest['sha256']}`)
  return subject?.digest['sha512'] === undefined
    ? undefined
    : parseDigest(`sha512:${subject.digest['sha512']}`)
}
