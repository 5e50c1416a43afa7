import { hasAmbientProvider, SigningError, type ProviderAccess } from '@assay/core'
import type { RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { UsageError } from '../usage-error.ts'
import { flagOf, textOf, textsOf } from './raw.ts'
import { signInNames, type SignInFlow } from './sign-in.ts'

/** Where the identity token comes from. */
export type TokenSource =
  | { readonly kind: 'given'; readonly text: string }
  /** Undefined means the first that is here. */
  | { readonly kind: 'ambient'; readonly provider: string | undefined }
  | { readonly kind: 'sign-in'; readonly flow: SignInFlow }

/**
 * What was given comes first, then a flow that is named, then the machine, and last somebody at the terminal.
 * @throws UsageError for flags that would count for nothing
 * @throws SigningError NO_IDENTITY
 */
export function tokenSource(raw: RawOptions, io: Io, access: ProviderAccess): TokenSource {
  const flow = flowOf(raw)
  if (flow !== undefined) return { kind: 'sign-in', flow }
  const source = availableToken(raw, access)
  if (source !== undefined) {
    refuseUseless(raw, signInNames, (flag) => `${flag} is for signing in, and the token is here already`)
    return source
  }
  if (textOf(raw, 'fulcioAuthFlow') === undefined && io.terminal.stdin)
    return { kind: 'sign-in', flow: 'normal' }
  throw new SigningError('NO_IDENTITY', 'there is no identity to sign with', {
    expected: '--key, an identity token, or somebody at the terminal to sign in',
    hint: 'give --key, or --identity-token, or set SIGSTORE_ID_TOKEN, or choose --fulcio-auth-flow',
  })
}

/** The flow that was named; undefined for `token` and where none was. */
function flowOf(raw: RawOptions): SignInFlow | undefined {
  const named = textOf(raw, 'fulcioAuthFlow')
  const flow = (['normal', 'device', 'client_credentials'] as const).find((each) => each === named)
  if (flow !== undefined)
    refuseUseless(raw, tokenNames, (flag) => `--fulcio-auth-flow ${flow} gets a token of its own: no ${flag}`)
  return flow
}

/** A token that is at hand: the one that was given, or one that the machine hands out. */
function availableToken(raw: RawOptions, access: ProviderAccess): TokenSource | undefined {
  const text = textOf(raw, 'identityToken') ?? ''
  const provider = textOf(raw, 'oidcProvider')
  const disabled = flagOf(raw, 'oidcDisableAmbientProviders')
  if (provider !== undefined && (text !== '' || disabled))
    throw new UsageError(
      'USAGE',
      '--oidc-provider excludes --identity-token and --oidc-disable-ambient-providers',
    )
  if (text !== '') return { kind: 'given', text }
  return provider !== undefined || (!disabled && hasAmbientProvider(access))
    ? { kind: 'ambient', provider }
    : undefined
}

const tokenNames: ReadonlyMap<string, string> = new Map([
  ['identityToken', '--identity-token'],
  ['oidcProvider', '--oidc-provider'],
])

/**
 * With a key nobody is asked who they are.
 * @throws UsageError for flags that would count for nothing
 */
export function refuseIdentityFlags(raw: RawOptions): void {
  const names = new Map([...signInNames, ...tokenNames, ['fulcioAuthFlow', '--fulcio-auth-flow']])
  refuseUseless(raw, names, (flag) => `--key excludes ${flag}`)
}

/** No flag is read and counts for nothing. */
function refuseUseless(
  raw: RawOptions,
  names: ReadonlyMap<string, string>,
  message: (flag: string) => string,
): void {
  for (const [name, flag] of names)
    if (textOf(raw, name) !== undefined || textsOf(raw, name).length > 0)
      throw new UsageError('USAGE', message(flag))
}
