import {
  compilePattern,
  parsePublicKey,
  type SignerDemand,
  type TextPattern,
  type TrustedKey,
} from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'
import { valueFlag } from './flag.ts'
import { textOf } from './raw.ts'

/** Who must have signed: one of these keys, or a certificate for this identity from this issuer. */
export interface WantedSigner {
  readonly demand: SignerDemand
  readonly keys: readonly TrustedKey[]
}

/** `--key`, or `--certificate-identity[-regexp]` with `--certificate-oidc-issuer[-regexp]`. */
export const signerDemandOptions: OptionGroup<WantedSigner> = {
  flags: () => [
    valueFlag('--key <file>', 'public key (PEM) that must have signed'),
    valueFlag('--certificate-identity <identity>', 'subject of the signing certificate, exactly'),
    valueFlag(
      '--certificate-identity-regexp <re2>',
      'subject as an RE2 expression, matched from start to end',
    ),
    valueFlag('--certificate-oidc-issuer <url>', 'issuer of the identity token, exactly'),
    valueFlag(
      '--certificate-oidc-issuer-regexp <re2>',
      'issuer as an RE2 expression, matched from start to end',
    ),
  ],
  parse: async (raw) => {
    const key = textOf(raw, 'key')
    const subject = await patternOf(raw, {
      exact: 'certificateIdentity',
      regexp: 'certificateIdentityRegexp',
    })
    const issuer = await patternOf(raw, {
      exact: 'certificateOidcIssuer',
      regexp: 'certificateOidcIssuerRegexp',
    })
    if (key !== undefined) {
      if (subject !== undefined || issuer !== undefined)
        throw usage('--key excludes the --certificate-… flags')
      return { demand: { kind: 'key' }, keys: [parsePublicKey(await readNamedFile(key, '--key'))] }
    }
    if (subject === undefined || issuer === undefined) {
      throw usage(
        'who must have signed is missing',
        'give --key, or --certificate-identity with --certificate-oidc-issuer',
      )
    }
    return { demand: { kind: 'certificate', identities: [{ subject, issuer }] }, keys: [] }
  },
}

async function patternOf(
  raw: RawOptions,
  names: { readonly exact: string; readonly regexp: string },
): Promise<TextPattern | undefined> {
  const exact = textOf(raw, names.exact)
  const regexp = textOf(raw, names.regexp)
  if (exact !== undefined && regexp !== undefined)
    throw usage('give either the exact text or the expression, not both')
  if (exact === '' || regexp === '') throw usage('an identity or issuer must not be empty')
  if (exact !== undefined) return { kind: 'exact', value: exact }
  if (regexp === undefined) return undefined
  return await compilePattern(regexp)
}

function usage(message: string, hint?: string): UsageError {
  return new UsageError('USAGE', message, hint === undefined ? {} : { hint })
}
