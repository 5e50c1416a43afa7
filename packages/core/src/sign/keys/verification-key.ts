import { parsePublicKey, type TrustedKey } from '../../trust/public-key.ts'
import { askKeyService, type KeyService } from '../kms/key-service.ts'
import { openKeptKey } from '../kms/open-kept-key.ts'
import { fromEnvironment } from './environment-key.ts'
import type { KeyAccess } from './key-access.ts'
import { readPublicKeyFile } from './key-files.ts'
import { parseKeyReference } from './key-reference.ts'

/**
 * The public half of the key that `--key` names: what verifies, without any password.
 * @throws SigningError
 * @throws TrustError MALFORMED_KEY, UNSUPPORTED_KEY
 */
export async function openPublicKey(text: string, access: KeyAccess): Promise<TrustedKey> {
  const reference = parseKeyReference(text)
  if ('resource' in reference) return (await openKeptKey(reference, access)).publicKey
  switch (reference.kind) {
    case 'environment':
      return parsePublicKey(fromEnvironment(reference.variable, access))
    case 'file':
      return parsePublicKey(await readPublicKeyFile(reference.path))
    case 'kubernetes': {
      const { readKeySecret } = await import('./kubernetes/key-secret.ts')
      return parsePublicKey((await readKeySecret(reference, access)).publicKeyPem())
    }
    case 'gitlab': {
      const { readGitlabPublicKey } = await import('./gitlab/gitlab-key.ts')
      return parsePublicKey(await readGitlabPublicKey(reference.owner, access))
    }
    case 'url':
      return parsePublicKey(await download(reference.url, access))
  }
}

/** Whether a network has to be asked for a key. */
export function isRemoteKey(text: string): boolean {
  return !['file', 'environment', 'pkcs11'].includes(parseKeyReference(text).kind)
}

async function download(url: URL, access: KeyAccess): Promise<Uint8Array> {
  const place: KeyService = {
    service: { name: 'the server of the public key', url: url.origin },
    transport: access.connect({ redirects: true }),
  }
  const question = { method: 'GET', path: `${url.pathname}${url.search}`, secrets: [] } as const
  const answer = await askKeyService(place, { ...question, headers: { accept: '*/*' } }, access)
  return answer.body
}
