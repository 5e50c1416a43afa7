import {
  compilePattern,
  fulcioExtensionNames,
  keyForms,
  type IdentityPattern,
  type SignerDemand,
  type TextPattern,
  type TrustedKey,
} from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import { UsageError } from '../usage-error.ts'
import { repeatedFlag, valueFlag } from './flag.ts'
import { keysOf } from './named-keys.ts'
import { textOf, textsOf } from './raw.ts'

/** Who must have signed: one of these keys, or a certificate for one of these identities. */
export interface WantedSigner {
  readonly demand: SignerDemand
  readonly keys: readonly TrustedKey[]
}

/** Cosign's flags for the extensions that it reaches, and what they are called. */
const workflowFlags: readonly (readonly [flag: string, name: string, extension: string, what: string])[] = [
  ['trigger', 'certificateGithubWorkflowTrigger', 'githubWorkflowTrigger', 'the event that started it'],
  ['sha', 'certificateGithubWorkflowSha', 'githubWorkflowSHA', 'the commit that it ran on'],
  ['name', 'certificateGithubWorkflowName', 'githubWorkflowName', 'its name'],
  ['repository', 'certificateGithubWorkflowRepository', 'githubWorkflowRepository', 'owner/name'],
  ['ref', 'certificateGithubWorkflowRef', 'githubWorkflowRef', 'the ref that it ran on'],
]

/** `--key`, or `--certificate-identity[-regexp]` with `--certificate-oidc-issuer[-regexp]` and extensions. */
export const signerDemandOptions: OptionGroup<WantedSigner> = {
  flags: () => [
    valueFlag('--key <key>', `public key that must have signed: https://, ${keyForms}`),
    repeatedFlag(
      '--certificate-identity <identity>',
      'subject of the signing certificate, exactly; any of several',
    ),
    repeatedFlag(
      '--certificate-identity-regexp <re2>',
      'subject as an RE2 expression, matched from start to end; any of several',
    ),
    repeatedFlag(
      '--certificate-oidc-issuer <url>',
      'issuer of the identity token, exactly: one for all identities, or one for each in the same order',
    ),
    repeatedFlag(
      '--certificate-oidc-issuer-regexp <re2>',
      'issuer as an RE2 expression, matched from start to end',
    ),
    repeatedFlag(
      '--extension <name=value>',
      `what an extension of the certificate must say, exactly: ${fulcioExtensionNames.join(', ')}`,
    ),
    ...workflowFlags.map(([flag, , , what]) =>
      valueFlag(
        `--certificate-github-workflow-${flag} <text>`,
        `of the GitHub workflow that signed: ${what}`,
      ),
    ),
  ],
  parse: async (raw, io) => {
    const key = textOf(raw, 'key')
    const identities = await identitiesOf(raw)
    if (key !== undefined) {
      if (identities.length > 0 || extensionsOf(raw) !== undefined)
        throw usage('--key excludes the --certificate-… flags and --extension')
      return { demand: { kind: 'key' }, keys: await keysOf([key], raw, io) }
    }
    if (identities.length === 0) {
      throw usage(
        'who must have signed is missing',
        'give --key, or --certificate-identity with --certificate-oidc-issuer',
      )
    }
    return { demand: { kind: 'certificate', identities }, keys: [] }
  },
}

async function identitiesOf(raw: RawOptions): Promise<readonly IdentityPattern[]> {
  const subjects = await patternsOf(raw, {
    exact: 'certificateIdentity',
    regexp: 'certificateIdentityRegexp',
  })
  const issuers = await patternsOf(raw, {
    exact: 'certificateOidcIssuer',
    regexp: 'certificateOidcIssuerRegexp',
  })
  const extensions = extensionsOf(raw)
  const also = extensions === undefined ? {} : { extensions }
  if (subjects.length === 0 && issuers.length === 0) return []
  // An authority of one's own vouches for its subjects itself.
  if (issuers.length === 0 && textOf(raw, 'caRoots') !== undefined)
    return subjects.map((subject) => ({ subject, ...also }))
  if (subjects.length === 0 || issuers.length === 0)
    throw usage(
      'who must have signed is missing',
      'an identity needs its issuer: give --certificate-identity with --certificate-oidc-issuer',
    )
  // Everybody from every issuer would let an identity of one issuer in through another.
  if (issuers.length !== 1 && issuers.length !== subjects.length)
    throw usage('give one issuer for all identities, or one for each of them in the same order')
  return subjects.flatMap((subject, index) => {
    const issuer = issuers[issuers.length === 1 ? 0 : index]
    return issuer === undefined ? [] : [{ subject, issuer, ...also }]
  })
}

async function patternsOf(
  raw: RawOptions,
  names: { readonly exact: string; readonly regexp: string },
): Promise<readonly TextPattern[]> {
  const exact = textsOf(raw, names.exact)
  const regexp = textsOf(raw, names.regexp)
  if (exact.length > 0 && regexp.length > 0) throw usage('give either exact texts or expressions, not both')
  if ([...exact, ...regexp].includes('')) throw usage('an identity or issuer must not be empty')
  return [
    ...exact.map((value): TextPattern => ({ kind: 'exact', value })),
    ...(await Promise.all(regexp.map(compilePattern))),
  ]
}

/** Extensions by their names; undefined where none is demanded. */
function extensionsOf(raw: RawOptions): IdentityPattern['extensions'] | undefined {
  const wanted = new Map<string, TextPattern>()
  const add = (name: string, value: string): void => {
    if (wanted.has(name)) throw usage(`what ${name} must say is given twice`)
    if (value === '') throw usage(`what ${name} must say must not be empty`)
    wanted.set(name, { kind: 'exact', value })
  }
  for (const text of textsOf(raw, 'extension')) {
    const equals = text.indexOf('=')
    const name = text.slice(0, Math.max(equals, 0))
    if (!fulcioExtensionNames.includes(name))
      throw new UsageError('USAGE', 'no extension has this name', {
        got: text,
        expected: `name=value, with one of ${fulcioExtensionNames.join(', ')}`,
      })
    add(name, text.slice(equals + 1))
  }
  for (const [, option, extension] of workflowFlags) {
    const value = textOf(raw, option)
    if (value !== undefined) add(extension, value)
  }
  return wanted.size === 0 ? undefined : Object.fromEntries(wanted)
}

function usage(message: string, hint?: string): UsageError {
  return new UsageError('USAGE', message, hint === undefined ? {} : { hint })
}
