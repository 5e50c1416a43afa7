import { isRemoteKey, openPublicKey, parseKeyReference, parsePublicKey, type TrustedKey } from '@assay/core'
import type { RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'
import { keyAccess } from './key-access.ts'
import { flagOf } from './raw.ts'

/**
 * The public keys that `--key` names.
 * @throws UsageError where `--offline` forbids to ask for one
 */
export async function keysOf(
  references: readonly string[],
  raw: RawOptions,
  io: Io,
): Promise<readonly TrustedKey[]> {
  return await Promise.all(references.map(async (reference) => keyOf(reference, raw, io)))
}

/** One of them; the keys of policies (`key.kms`) are opened in the same way. */
export async function keyOf(reference: string, raw: RawOptions, io: Io): Promise<TrustedKey> {
  if (parseKeyReference(reference).kind === 'file')
    return parsePublicKey(await readNamedFile(reference, '--key'))
  if (flagOf(raw, 'offline') && isRemoteKey(reference))
    throw new UsageError('USAGE', '--offline asks nobody for a key', {
      on: reference,
      hint: 'keep the public key in a file: `assay keys public`',
    })
  return openPublicKey(reference, keyAccess(raw, io))
}
