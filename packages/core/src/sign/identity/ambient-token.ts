import type { Call } from '@assay/registry'
import { SigningError } from '../signing-error.ts'
import type { AmbientProvider, ProviderAccess } from './ambient-provider.ts'
import { buildkite } from './buildkite.ts'
import { circleci } from './circleci.ts'
import { environment } from './environment.ts'
import { github } from './github.ts'
import { google } from './google.ts'
import { spiffe } from './spiffe.ts'
import { tokenFile } from './token-file.ts'

/** In the order in which they are looked for: what somebody set on purpose comes before what a machine has. */
const providers: readonly AmbientProvider[] = [
  environment,
  github,
  buildkite,
  circleci,
  spiffe,
  tokenFile,
  google,
]

/** Every name that `ambientToken` takes. */
export const ambientProviderNames: readonly string[] = providers.map(({ name }) => name)

/** Whether this machine looks like one that hands out identity tokens; nothing is asked. */
export function hasAmbientProvider(access: ProviderAccess): boolean {
  return providers.some(({ present }) => present(access))
}

/** Whom Fulcio wants tokens to be for. */
const audience = 'sigstore'

/**
 * The identity token that this machine hands out, of the named provider or of the first that is here. A provider
 * that is here and fails ends it: nobody shall sign as somebody else because a service was down.
 * @throws SigningError NO_IDENTITY and the codes of asking a service
 */
export async function ambientToken(
  name: string | undefined,
  access: ProviderAccess,
  call?: Call,
): Promise<string> {
  const provider = providers.find((each) => (name === undefined ? each.present(access) : each.name === name))
  if (provider !== undefined) return provider.token(audience, access, call)
  throw new SigningError('NO_IDENTITY', 'there is no identity to sign with', {
    expected: `an identity token of one of: ${ambientProviderNames.join(', ')}`,
    hint: 'give --key, or --identity-token, or set SIGSTORE_ID_TOKEN',
  })
}
