import type { TrustedKey } from '../../trust/public-key.ts'
import type { NewKeyAlgorithm } from '../keys/generate-key-pair.ts'
import type { KeyAccess } from '../keys/key-access.ts'
import { parseKeyReference } from '../keys/key-reference.ts'
import { malformedReference } from './key-service.ts'

/**
 * Has a key made where it will be kept, and gives its public half. A key of this name that is there already is left
 * alone, and is an error.
 * @throws SigningError KEY_FILE_EXISTS, UNSUPPORTED_KEY, NO_KEY_ACCESS, SERVICE_…, KEY_PLUGIN_FAILED
 */
export async function createKeptKey(
  text: string,
  algorithm: NewKeyAlgorithm,
  access: KeyAccess,
): Promise<TrustedKey> {
  const reference = parseKeyReference(text)
  switch (reference.kind) {
    case 'aws':
      return (await import('./aws/aws-key.ts')).createAwsKey(reference.resource, algorithm, access)
    case 'google':
      return (await import('./google/google-key.ts')).createGoogleKey(reference.resource, algorithm, access)
    case 'azure':
      return (await import('./azure/azure-key.ts')).createAzureKey(reference.resource, algorithm, access)
    case 'vault':
      return (await import('./vault/vault-key.ts')).createVaultKey(reference.resource, algorithm, access)
    case 'plugin':
      return (await import('./plugin/plugin-key.ts')).createPluginKey(reference, algorithm, access)
    case 'file':
    case 'environment':
    case 'kubernetes':
    case 'gitlab':
    case 'url':
    case 'pkcs11':
      throw malformedReference('awskms://, gcpkms://, azurekms://, hashivault://, or NAME:// of a plugin')
  }
}
