import type { Call } from '../content.ts'
import type { Credential, Keychain } from '../credentials/credential.ts'
import { RegistryError } from '../errors.ts'
import { isHost } from '../reference.ts'
import { discard, type Transport } from '../transport/transport.ts'
import { expectStatus } from './answer-error.ts'
import { originOf } from './endpoint.ts'

/** `not-asked`: the registry lets everybody in and looked at no credential, so that nobody knows whether it is right. */
export type CredentialCheck = 'accepted' | 'not-asked'

/**
 * Shows a credential to a registry (OCI distribution-spec, "Determining Support": GET /v2/).
 * @throws RegistryError UNAUTHORIZED if it is refused, INVALID_REFERENCE, and the codes of reaching it
 */
export async function checkCredential(
  host: string,
  credential: Credential,
  options: Call & {
    readonly connect: (keychain: Keychain) => { readonly transport: Transport; readonly plainHttp?: boolean }
  },
): Promise<CredentialCheck> {
  if (!isHost(host))
    throw new RegistryError('INVALID_REFERENCE', 'this is not the host of a registry', { on: host })
  let wasAsked = false
  const { transport, plainHttp } = options.connect(async (asked) => {
    wasAsked ||= asked === host
    return await Promise.resolve(asked === host ? credential : undefined)
  })
  const response = await transport({
    method: 'GET',
    url: new URL('/v2/', originOf(host, plainHttp)),
    headers: { 'user-agent': 'assay' },
    ...(options.signal !== undefined && { signal: options.signal }),
  })
  await expectStatus(response, [200], { doing: 'logging in', on: host })
  await discard(response)
  return wasAsked ? 'accepted' : 'not-asked'
}
