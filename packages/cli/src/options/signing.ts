import {
  fetchTrustRoot,
  fetchTufTarget,
  keyForms,
  openSigningKey,
  parseSigningConfig,
  parseTrustRoot,
  witnessesOf,
  type SigningConfig,
  type VerifiedSigningOptions,
} from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { readNamedFile } from '../read-file.ts'
import { switchFlag, valueFlag } from './flag.ts'
import { askBeforePublishing, identityFlags, keyless, serviceAccess } from './identity.ts'
import { keyAccess } from './key-access.ts'
import { booleanOf, textOf } from './raw.ts'
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
    switchFlag('-y, --yes', 'do not ask before an identity goes into a public log'),
  ],
  parse: async (raw, io) => {
    const key = textOf(raw, 'key')
    if (key !== undefined) refuseIdentityFlags(raw)
    const transparencyLog = booleanOf(raw, 'tlogUpload', '--tlog-upload') ?? true
    const access = serviceAccess(raw, io)
    // A key that nobody shall witness needs no service at all: nothing is asked, not even for trust.
    const config = key !== undefined && !transparencyLog ? await givenConfig(raw) : await anyConfig(raw, io)
    const witnesses =
      config === undefined ? [] : witnessesOf(config, { now: io.now, transparencyLog }, access)
    if (key !== undefined || config === undefined) {
      const { sign } = await openSigningKey(key ?? '', keyAccess(raw, io))
      const trust = witnesses.length === 0 ? undefined : await trustOf(raw, io)
      return { signer: sign, witnesses, now: () => new Date(), ...(trust !== undefined && { trust }) }
    }
    const { signer, token } = await keyless({ raw, io, access, config })
    await askBeforePublishing({ raw, io, token, witnesses })
    return { signer, witnesses, now: () => new Date(), trust: await trustOf(raw, io) }
  },
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
