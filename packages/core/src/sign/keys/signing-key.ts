import type { TrustedKey } from '../../trust/public-key.ts'
import { keptKeySigner, type KeptKey } from '../kms/kept-key.ts'
import { openKeptKey } from '../kms/open-kept-key.ts'
import { keySigner } from '../signers/key-signer.ts'
import type { MessageSigner } from '../signers/signer.ts'
import { SigningError } from '../signing-error.ts'
import { openPrivateKey } from './encrypted-key.ts'
import type { KeyAccess } from './key-access.ts'
import { readPrivateKeyFile } from './key-files.ts'
import { parseKeyReference } from './key-reference.ts'
import { fromEnvironment } from './environment-key.ts'

/** A key that signs, wherever its secret half is. */
export interface SigningKey {
  readonly publicKey: TrustedKey
  readonly sign: MessageSigner
}

/**
 * Opens the key that `--key` names (`parseKeyReference` has the forms). A key that is kept elsewhere costs one
 * question for its public half; every signature by it is verified before it is used.
 * @throws SigningError
 */
export async function openSigningKey(text: string, access: KeyAccess): Promise<SigningKey> {
  const reference = parseKeyReference(text)
  if ('resource' in reference) return keptKey(await openKeptKey(reference, access))
  switch (reference.kind) {
    case 'environment':
      return opened(fromEnvironment(reference.variable, access), await access.password())
    case 'file':
      return opened(await readPrivateKeyFile(reference.path), await access.password())
    case 'kubernetes': {
      const { readKeySecret } = await import('./kubernetes/key-secret.ts')
      const secret = await readKeySecret(reference, access)
      return opened(secret.privateKeyPem(), secret.password())
    }
    case 'gitlab': {
      const { readGitlabKey } = await import('./gitlab/gitlab-key.ts')
      const { privateKeyPem, password } = await readGitlabKey(reference.owner, access)
      return opened(privateKeyPem, password)
    }
    case 'url':
      throw new SigningError('UNSUPPORTED_KEY', 'a private key is not fetched from a web server', {
        on: reference.url.origin,
        hint: 'https:// is for public keys, which verify',
      })
  }
}

function keptKey(kept: KeptKey): SigningKey {
  return { publicKey: kept.publicKey, sign: keptKeySigner(kept) }
}

async function opened(pem: string, password: string): Promise<SigningKey> {
  const key = await openPrivateKey(pem, password)
  return { publicKey: key.publicKey, sign: keySigner(key) }
}
