import type { KeyAccess } from '../../keys/key-access.ts'
import { SigningError } from '../../signing-error.ts'
import { firstSet } from '../first-set.ts'
import { smallFile } from '../small-file.ts'
import type { TokenUri } from './token-uri.ts'

/**
 * The PIN of a token: of the URI, of the file that it names, or of the environment.
 * @throws SigningError NO_KEY_ACCESS where the file holds none
 */
export async function pinOf(
  { pinValue, pinSource }: Pick<TokenUri, 'pinValue' | 'pinSource'>,
  { env }: Pick<KeyAccess, 'env'>,
): Promise<string | undefined> {
  if (pinValue !== undefined) return pinValue
  if (pinSource === undefined) return firstSet(env, 'COSIGN_PKCS11_PIN')
  const pin = (await smallFile(pinSource))?.replace(/\r?\n$/, '') ?? ''
  if (pin === '')
    throw new SigningError('NO_KEY_ACCESS', 'the file of pin-source holds no PIN', { on: pinSource })
  return pin
}

export function noPin(): SigningError {
  return new SigningError('NO_KEY_ACCESS', 'the token wants a PIN', {
    hint: 'set COSIGN_PKCS11_PIN, or name a file in the URI: ?pin-source=file:/…',
  })
}
