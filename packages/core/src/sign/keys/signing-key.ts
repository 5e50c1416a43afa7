import type { TrustedKey } from '../../trust/public-key.ts'
import { pluginKey } from '../kms/plugin-key.ts'
import { keySigner } from '../signers/key-signer.ts'
import type { MessageSigner } from '../signers/signer.ts'
import { SigningError } from '../signing-error.ts'
import { openPrivateKey } from './encrypted-key.ts'
import { readPrivateKeyFile } from './key-files.ts'
import { parseKeyReference } from './key-reference.ts'

/** A key that signs, wherever its secret half is. */
export interface SigningKey {
  readonly publicKey: TrustedKey
  readonly sign: MessageSigner
}

export interface KeyAccess {
  /** For `env://`, and what a key plugin finds in its environment. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Asked for only where the key is encrypted. */
  readonly password: () => Promise<string>
  readonly signal: AbortSignal
}

/**
 * Opens the key that `--key` names: a file, `env://VARIABLE`, or `NAME://…`, which a program `sigstore-kms-NAME` keeps.
 * @throws SigningError MALFORMED_KEY, UNSUPPORTED_KEY, WRONG_PASSWORD, KEY_FILE_UNREADABLE, KEY_FILE_UNSAFE,
 * KEY_PLUGIN_FAILED
 */
export async function openSigningKey(text: string, access: KeyAccess): Promise<SigningKey> {
  const reference = parseKeyReference(text)
  switch (reference.kind) {
    case 'plugin':
      return pluginKey(reference, access)
    case 'environment':
      return opened(fromEnvironment(reference.variable, access), access)
    case 'file':
      return opened(await readPrivateKeyFile(reference.path), access)
  }
}

async function opened(pem: string, access: KeyAccess): Promise<SigningKey> {
  const key = await openPrivateKey(pem, await access.password())
  return { publicKey: key.publicKey, sign: keySigner(key) }
}

function fromEnvironment(variable: string, { env }: KeyAccess): string {
  const pem = env[variable] ?? ''
  if (pem !== '') return pem
  throw new SigningError('KEY_FILE_UNREADABLE', 'the variable that should hold the private key is empty', {
    on: `env://${variable}`,
    hint: 'set it to the content of the key file',
  })
}
