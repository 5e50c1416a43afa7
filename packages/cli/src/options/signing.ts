import { serviceTransport } from '@assay/registry'
import {
  fetchTrustRoot,
  fetchTufTarget,
  fulcioUrlOf,
  keylessSigner,
  keySigner,
  openPrivateKey,
  parseIdentityToken,
  parseSigningConfig,
  parseTrustRoot,
  readPrivateKeyFile,
  witnessesOf,
  type ImageSigningOptions,
  type MessageSigner,
  type ServiceAccess,
  type SigningConfig,
} from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { keyPassword } from '../password.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'
import { valueFlag } from './flag.ts'
import { booleanOf, textOf } from './raw.ts'
import { traceOf } from './trace.ts'
import { tufRepository } from './tuf-repository.ts'

/** With what to sign, who witnesses it, and against which trust the result is verified before it counts. */
export type Signing = ImageSigningOptions

/** `--key` or an identity token, and the services of one Sigstore instance. */
export const signingOptions: OptionGroup<Signing> = {
  flags: () => [
    valueFlag('--key <file>', 'private key; without it signing is keyless'),
    valueFlag(
      '--identity-token <token|file>',
      'OpenID Connect token for keyless signing; by default SIGSTORE_ID_TOKEN',
    ),
    valueFlag(
      '--signing-config <file>',
      'services of the Sigstore instance (JSON); by default the public one, through TUF',
    ),
    valueFlag(
      '--trusted-root <file>',
      'trusted root (JSON) that what was signed must verify with; by default the public one',
    ),
    valueFlag(
      '--tlog-upload <true|false>',
      'write a transparency log entry; verifiers demand one unless told otherwise',
    ),
  ],
  parse: async (raw, io) => {
    const key = textOf(raw, 'key')
    const transparencyLog = booleanOf(raw, 'tlogUpload', '--tlog-upload') ?? true
    const access = accessOf(raw, io)
    // A key that nobody shall witness needs no service at all: nothing is asked, not even for trust.
    const config = key !== undefined && !transparencyLog ? await givenConfig(raw) : await anyConfig(raw, io)
    const signer = key === undefined ? await keyless({ raw, io, access, config }) : await withKey(key, io)
    const witnesses =
      config === undefined ? [] : witnessesOf(config, { now: io.now, transparencyLog }, access)
    const trust = witnesses.length === 0 && key !== undefined ? undefined : await trustOf(raw, io)
    return { signer, witnesses, now: () => new Date(), ...(trust !== undefined && { trust }) }
  },
}

async function withKey(path: string, io: Io): Promise<MessageSigner> {
  const pem = await readPrivateKeyFile(path)
  return keySigner(await openPrivateKey(pem, await keyPassword(io, 'open')))
}

async function keyless(options: {
  readonly raw: RawOptions
  readonly io: Io
  readonly access: ServiceAccess
  readonly config: SigningConfig | undefined
}): Promise<MessageSigner> {
  const { raw, io, access, config } = options
  const given = textOf(raw, 'identityToken') ?? io.env['SIGSTORE_ID_TOKEN'] ?? ''
  if (given === '' || config === undefined) {
    throw new UsageError('USAGE', 'there is nothing to sign with', {
      hint: 'give --key FILE, or --identity-token (SIGSTORE_ID_TOKEN) to sign keyless',
    })
  }
  // As in cosign: three parts of base64url are the token itself, everything else is a file that holds it.
  const isToken = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(given)
  const text = isToken
    ? given
    : Buffer.from(await readNamedFile(given, '--identity-token', 64 * 1024)).toString('utf8')
  return keylessSigner({
    ...access,
    fulcioUrl: fulcioUrlOf(config, io.now),
    token: parseIdentityToken(text, io.now),
  })
}

function accessOf(raw: RawOptions, io: Io): ServiceAccess {
  return { transport: serviceTransport({ connection: { proxyEnvironment: io.env }, ...traceOf(raw, io) }) }
}

async function givenConfig(raw: RawOptions): Promise<SigningConfig | undefined> {
  const file = textOf(raw, 'signingConfig')
  return file === undefined ? undefined : parseSigningConfig(await readNamedFile(file, '--signing-config'))
}

async function anyConfig(raw: RawOptions, io: Io): Promise<SigningConfig> {
  return (
    (await givenConfig(raw)) ??
    parseSigningConfig(await fetchTufTarget('signing_config.v0.2.json', tufRepository(io)))
  )
}

async function trustOf(raw: RawOptions, io: Io): ReturnType<typeof fetchTrustRoot> {
  const file = textOf(raw, 'trustedRoot')
  return file === undefined
    ? fetchTrustRoot(tufRepository(io))
    : parseTrustRoot(await readNamedFile(file, '--trusted-root'))
}
