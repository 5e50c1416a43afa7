import type { Option } from 'commander'
import {
  browserToken,
  clientCredentialsToken,
  deviceToken,
  discoverIssuer,
  issuerUrlOf,
  SigningError,
  type OAuthClient,
  type ServiceAccess,
  type SigningConfig,
} from '@assay/core'
import { redact } from '@assay/registry'
import type { RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { openPage } from '../open-page.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'
import { choiceFlag, repeatedFlag, valueFlag } from './flag.ts'
import { textOf, textsOf } from './raw.ts'

/** What keyless signing needs of the command line and of the services. */
export interface Keyless {
  readonly raw: RawOptions
  readonly io: Io
  readonly access: ServiceAccess
  readonly config: SigningConfig
}

/** How somebody, or a program, signs in. */
export type SignInFlow = 'normal' | 'device' | 'client_credentials'

/** The flags that only matter where somebody signs in: by commander’s names. */
export const signInNames: ReadonlyMap<string, string> = new Map([
  ['oidcIssuer', '--oidc-issuer'],
  ['oidcTrustedHost', '--oidc-trusted-host'],
  ['oidcClientId', '--oidc-client-id'],
  ['oidcClientSecretFile', '--oidc-client-secret-file'],
  ['oidcRedirectUrl', '--oidc-redirect-url'],
])

export function signInFlags(): readonly Option[] {
  return [
    choiceFlag(
      '--fulcio-auth-flow <flow>',
      'sign in with a browser (normal), on another device, or as a program; token: never',
      ['normal', 'device', 'client_credentials', 'token'],
    ),
    valueFlag('--oidc-issuer <url>', 'whom to sign in to; by default what the signing config names'),
    repeatedFlag('--oidc-trusted-host <host>', 'another host that the issuer’s endpoints may be at'),
    valueFlag('--oidc-client-id <id>', 'as what to ask the issuer (default: "sigstore")'),
    valueFlag('--oidc-client-secret-file <file>', 'the secret of the client, where it has one'),
    valueFlag(
      '--oidc-redirect-url <url>',
      'where the browser comes back to (default: "http://localhost:0/auth/callback", a free port)',
    ),
  ]
}

/**
 * Has somebody sign in, and gives the identity token.
 * @throws SigningError, UsageError
 */
export async function signIn(flow: SignInFlow, keyless: Keyless): Promise<string> {
  const { raw, io } = keyless
  const redirectUrl = textOf(raw, 'oidcRedirectUrl')
  if (redirectUrl !== undefined && flow !== 'normal')
    throw new UsageError('USAGE', '--oidc-redirect-url is for signing in with a browser')
  const client = await clientOf(keyless)
  const call = { signal: io.signal }
  if (flow === 'client_credentials') {
    if (client.clientSecret === undefined)
      throw new UsageError('USAGE', 'a program signs in with --oidc-client-id and --oidc-client-secret-file')
    return await clientCredentialsToken(client, call)
  }
  if (flow === 'device')
    return await deviceToken(
      {
        ...client,
        showCode: ({ userCode, page }) =>
          io.writeErr(`Sign in with the code ${redact(userCode)} at\n  ${redact(page)}\n`),
      },
      call,
    )
  return await browserToken(
    {
      ...client,
      ...(redirectUrl !== undefined && { redirectUrl }),
      openPage: async (url) => {
        await io.writeErr(`Sign in with your browser at\n  ${url}\n`)
        openPage(url, io.env)
      },
    },
    call,
  )
}

async function clientOf({ raw, io, access, config }: Keyless): Promise<OAuthClient> {
  const issuer = textOf(raw, 'oidcIssuer') ?? issuerUrlOf(config, io.now)
  if (issuer === undefined)
    throw new SigningError('NO_IDENTITY', 'the signing config names no identity provider to sign in to', {
      hint: 'give --oidc-issuer, or --identity-token',
    })
  const secretFile = textOf(raw, 'oidcClientSecretFile')
  const choice = { issuer, trustedHosts: textsOf(raw, 'oidcTrustedHost') }
  return {
    ...access,
    issuer: await discoverIssuer(access, choice, { signal: io.signal }),
    clientId: textOf(raw, 'oidcClientId') ?? 'sigstore',
    ...(secretFile !== undefined && { clientSecret: await secretOf(secretFile) }),
  }
}

async function secretOf(file: string): Promise<string> {
  const text = Buffer.from(await readNamedFile(file, '--oidc-client-secret-file', 64 * 1024)).toString('utf8')
  return text.replace(/\r?\n$/, '')
}
