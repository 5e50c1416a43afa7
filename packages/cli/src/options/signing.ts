import {
  fetchTrustRoot,
  fetchTufTarget,
  keyForms,
  openSigningKey,
  parseSigningConfig,
  parseTrustRoot,
  witnessesOf,
  type ServiceAccess,
  type SigningConfig,
  type TrustRoot,
  type VerifiedSigningOptions,
  type Witness,
} from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'
import { switchFlag, valueFlag } from './flag.ts'
import { askBeforePublishing, identityFlags, keyless, serviceAccess } from './identity.ts'
import { keyAccess } from './key-access.ts'
import { booleanOf, textOf } from './raw.ts'
import { timestampAccess, timestampClientFlags } from './timestamp-client.ts'
import { refuseIdentityFlags } from './token-source.ts'
import { tufRepository } from './tuf-repository.ts'

/** With what to sign, who witnesses it, and against which trust the result is verified before it counts. */
export type Signing = VerifiedSigningOptions

/** `--key` or an identity token, and the services of one Sigstore instance. */
export const signingOptions: OptionGroup<Signing> = {
  flags: () => [
    valueFlag('--key <key>', `private key: ${keyForms}; without it signing is keyless`),
    ...identityFlags(),
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
    ...timestampClientFlags(),
    switchFlag('-y, --yes', 'do not ask before an identity goes into a public log'),
  ],
  parse: async (raw, io) => {
    const key = textOf(raw, 'key')
    if (key !== undefined) refuseIdentityFlags(raw)
    const services = await servicesOf(raw, io)
    if (key === undefined) return await signKeyless(services, { raw, io })
    const { sign } = await openSigningKey(key, keyAccess(raw, io))
    const { witnesses } = services
    const trust = witnesses.length === 0 ? undefined : await services.trust()
    return { signer: sign, witnesses, now: () => new Date(), ...(trust !== undefined && { trust }) }
  },
}

interface Services {
  readonly access: ServiceAccess
  /** Undefined where no service is needed. */
  readonly config: SigningConfig | undefined
  readonly witnesses: readonly Witness[]
  /** Loaded once, when it is needed. */
  readonly trust: () => Promise<TrustRoot>
}

async function servicesOf(raw: RawOptions, io: Io): Promise<Services> {
  const transparencyLog = booleanOf(raw, 'tlogUpload', '--tlog-upload') ?? true
  let loading: Promise<TrustRoot> | undefined
  const trust = (): Promise<TrustRoot> => (loading ??= trustOf(raw, io))
  const timestamps = await timestampAccess(raw, io)
  const access = serviceAccess(raw, io)
  // A key that nobody shall witness needs no service at all: nothing is asked, not even for trust.
  const isAlone = textOf(raw, 'key') !== undefined && !transparencyLog
  const config = isAlone ? await givenConfig(raw) : await anyConfig(raw, io)
  const reach = { ...access, trust, ...(timestamps !== undefined && { timestamps }) }
  const witnesses = config === undefined ? [] : witnessesOf(config, { now: io.now, transparencyLog }, reach)
  if (timestamps !== undefined && !witnesses.some(({ kind }) => kind === 'timestamp'))
    throw new UsageError('USAGE', 'the --timestamp-… flags are for nobody', {
      hint: 'the signing config names no timestamp authority',
    })
  return { access, config, witnesses, trust }
}

async function signKeyless(
  { access, config, witnesses, trust }: Services,
  { raw, io }: { readonly raw: RawOptions; readonly io: Io },
): Promise<Signing> {
  const { signer, token } = await keyless({ raw, io, access, config: config ?? (await anyConfig(raw, io)) })
  await askBeforePublishing({ raw, io, token, witnesses })
  return { signer, witnesses, now: () => new Date(), trust: await trust() }
}

async function givenConfig(raw: RawOptions): Promise<SigningConfig | undefined> {
  const file = textOf(raw, 'signingConfig')
  return file === undefined ? undefined : parseSigningConfig(await readNamedFile(file, '--signing-config'))
}

async function anyConfig(raw: RawOptions, io: Io): Promise<SigningConfig> {
  return (
    (await givenConfig(raw)) ??
    parseSigningConfig(await fetchTufTarget('signing_config.v0.2.json', await tufRepository(io)))
  )
}

async function trustOf(raw: RawOptions, io: Io): ReturnType<typeof fetchTrustRoot> {
  const file = textOf(raw, 'trustedRoot')
  return file === undefined
    ? fetchTrustRoot(await tufRepository(io))
    : parseTrustRoot(await readNamedFile(file, '--trusted-root'))
}
