import type { KeyAccess } from '../keys/key-access.ts'
import type { KeptKeyReference } from '../keys/key-reference.ts'
import type { KeptKey } from './kept-key.ts'

/**
 * Opens a key whose secret half stays where it is. Each driver is loaded when its kind of key is.
 * @throws SigningError
 */
export async function openKeptKey(reference: KeptKeyReference, access: KeyAccess): Promise<KeptKey> {
  switch (reference.kind) {
    case 'aws':
      return (await import('./aws/aws-key.ts')).awsKey(reference.resource, access)
    case 'google':
      return (await import('./google/google-key.ts')).googleKey(reference.resource, access)
    case 'azure':
      return (await import('./azure/azure-key.ts')).azureKey(reference.resource, access)
    case 'vault':
      return (await import('./vault/vault-key.ts')).vaultKey(reference.resource, access)
    case 'pkcs11':
      return (await import('./pkcs11/token-key.ts')).tokenKey(reference.resource, access)
    case 'plugin':
      return (await import('./plugin/plugin-key.ts')).pluginKey(reference, access)
  }
}
