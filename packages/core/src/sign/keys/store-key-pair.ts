import { SigningError } from '../signing-error.ts'
import type { KeyPairFiles } from './generate-key-pair.ts'
import type { KeyAccess } from './key-access.ts'
import { parseKeyReference } from './key-reference.ts'

/**
 * Keeps a key pair, with its password, in a Secret of Kubernetes or in variables of GitLab, as cosign does.
 * @throws SigningError KEY_FILE_EXISTS, UNSUPPORTED_KEY, NO_KEY_ACCESS, SERVICE_…
 */
export async function storeKeyPair(
  text: string,
  keys: KeyPairFiles & { readonly password: string },
  access: KeyAccess,
): Promise<void> {
  const reference = parseKeyReference(text)
  if (reference.kind === 'kubernetes')
    return (await import('./kubernetes/key-secret.ts')).writeKeySecret(reference, keys, access)
  if (reference.kind === 'gitlab')
    return (await import('./gitlab/gitlab-key.ts')).writeGitlabKey(reference.owner, keys, access)
  throw new SigningError('UNSUPPORTED_KEY', 'a new key pair cannot be kept there', {
    expected: 'k8s://NAMESPACE/SECRET or gitlab://OWNER/PROJECT',
    hint: 'a key service makes its own: --kms',
  })
}
