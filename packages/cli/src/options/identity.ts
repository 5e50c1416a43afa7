import type { Option } from 'commander'
import { serviceTransport } from '@assay/registry'
import {
  ambientProviderNames,
  ambientToken,
  fulcioUrlOf,
  keylessSigner,
  metadataHost,
  parseIdentityToken,
  type IdentityToken,
  type MessageSigner,
  type ServiceAccess,
  type Witness,
} from '@assay/core'
import { confirm } from '../confirm.ts'
import type { RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'
import { signIn, signInFlags, type Keyless } from './sign-in.ts'
import { tokenSource } from './token-source.ts'
import { choiceFlag, switchFlag, valueFlag } from './flag.ts'
import { flagOf } from './raw.ts'
import { traceOf } from './trace.ts'

/** The flags that say whose name a keyless signature bears. */
export function identityFlags(): readonly Option[] {
  return [
    valueFlag(
      '--identity-token <token|file>',
      'OpenID Connect token for keyless signing; by default SIGSTORE_ID_TOKEN, or what the CI system hands out',
    ),
    choiceFlag('--oidc-provider <name>', 'whom to ask for the token', ambientProviderNames),
    switchFlag('--oidc-disable-ambient-providers', 'do not use a token that this machine hands out'),
    ...signInFlags(),
  ]
}

/** How the services of a Sigstore are reached. */
export function serviceAccess(raw: RawOptions, io: Io): ServiceAccess {
  const allowHttp = new Set([metadataHost(io.env)])
  return {
    transport: serviceTransport({ connection: { proxyEnvironment: io.env }, allowHttp, ...traceOf(raw, io) }),
  }
}

/** A signer for the identity of the token that was given, that this machine hands out, or that somebody signs in for. */
export async function keyless(
  options: Keyless,
): Promise<{ readonly signer: MessageSigner; readonly token: IdentityToken }> {
  const { io, access, config } = options
  const token = parseIdentityToken(await tokenText(options), io.now)
  return { signer: keylessSigner({ ...access, fulcioUrl: fulcioUrlOf(config, io.now), token }), token }
}

async function tokenText(options: Keyless): Promise<string> {
  const { raw, io, access } = options
  const source = tokenSource(raw, io, { ...access, env: io.env })
  const text =
    source.kind === 'given'
      ? source.text
      : source.kind === 'ambient'
        ? await ambientToken(source.provider, { ...access, env: io.env }, { signal: io.signal })
        : await signIn(source.flow, options)
  // As in cosign: three parts of base64url are the token itself, everything else is a file that holds it.
  return source.kind !== 'given' || /^[\w-]+\.[\w-]+\.[\w-]+\s*$/.test(text)
    ? text
    : Buffer.from(await readNamedFile(text, '--identity-token', 64 * 1024)).toString('utf8')
}

/**
 * What goes into a log stays there for everybody to see. Where somebody sits at the terminal, they are asked.
 * @throws UsageError DECLINED
 */
export async function askBeforePublishing(publishing: {
  readonly raw: RawOptions
  readonly io: Io
  readonly token: IdentityToken
  readonly witnesses: readonly Witness[]
}): Promise<void> {
  const { raw, io, token, witnesses } = publishing
  const logs = witnesses.filter(({ kind }) => kind === 'log-entry').map(({ service }) => service.url)
  if (logs.length === 0 || !io.terminal.stdin || flagOf(raw, 'yes')) return
  const question = [
    `This identity goes into a transparency log, for everybody to read and for good:`,
    `  ${token.subject} (${token.issuer})`,
    `  ${logs.join(', ')}`,
    'Sign?',
  ].join('\n')
  if (await confirm(io, question)) return
  throw new UsageError('DECLINED', 'nothing was signed', { hint: '--yes answers the question beforehand' })
}
