import type { AttestOptions } from '@assay/core'
import type { Option } from 'commander'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { UsageError } from '../usage-error.ts'
import { switchFlag, valueFlag } from './flag.ts'
import { flagOf, textOf } from './raw.ts'
import { signingOptions } from './signing.ts'
import { trustOptions } from './trust.ts'

/** What the run says about the images in the end, signed; undefined where it says nothing. */
export type Attesting =
  | (Pick<AttestOptions, 'resource' | 'failures' | 'signing'> & {
      readonly verifier: string
      /** What names the policies; their digest names them in any case. */
      readonly policyUri: string | undefined
    })
  | undefined

const own = ['attestFailures', 'attestVerifier', 'attestResource', 'attestPolicyUri']

/** `--attest`, and with what to sign. */
export const attestingOptions: OptionGroup<Attesting> = {
  flags: () => [
    switchFlag('--attest', 'sign a verification summary (VSA) for each image that is allowed, and attach it'),
    switchFlag('--attest-failures', 'sign one that says FAILED for each image that is denied, too'),
    valueFlag('--attest-verifier <uri>', 'who the summary says it is from (default: https://assay.dev/gate)'),
    valueFlag('--attest-resource <uri>', 'resourceUri of the summary (default: oci://{repo})'),
    valueFlag(
      '--attest-policy-uri <uri>',
      'policy.uri of the summary (default: a URN with the policies’ digest)',
    ),
    ...signingFlags(),
  ],
  parse: async (raw, io) => {
    if (!flagOf(raw, 'attest')) return withoutAttest(raw)
    return {
      failures: flagOf(raw, 'attestFailures'),
      verifier: uriOf(raw, 'attestVerifier', '--attest-verifier') ?? 'https://assay.dev/gate',
      resource: uriOf(raw, 'attestResource', '--attest-resource') ?? 'oci://{repo}',
      policyUri: uriOf(raw, 'attestPolicyUri', '--attest-policy-uri'),
      signing: await signing(raw, io),
    }
  },
}

/** Those of `sign` that the gate does not have for itself: the trusted root is one and the same. */
function signingFlags(): readonly Option[] {
  const known = new Set(trustOptions.flags().map(({ long }) => long))
  return signingOptions.flags().filter(({ long }) => !known.has(long))
}

function signing(raw: RawOptions, io: Io): Promise<NonNullable<Attesting>['signing']> {
  const asksNobody = textOf(raw, 'key') !== undefined && textOf(raw, 'tlogUpload') === 'false'
  if (flagOf(raw, 'offline') && !asksNobody)
    throw new UsageError('USAGE', '--offline and --attest contradict each other: signing asks services', {
      hint: 'leave --offline out, or sign with --key and --tlog-upload=false',
    })
  return Promise.resolve(signingOptions.parse(raw, io))
}

/** A flag that would be ignored is a mistake. */
function withoutAttest(raw: RawOptions): undefined {
  const names = [...own, ...signingFlags().map((option) => option.attributeName())]
  const given = names.find((name) => raw[name] !== undefined)
  if (given === undefined) return undefined
  const flag = `--${given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  throw new UsageError('USAGE', `${flag} is for --attest`, { hint: 'give --attest, too' })
}

function uriOf(raw: RawOptions, name: string, flag: string): string | undefined {
  const text = textOf(raw, name)
  if (text === undefined || /^[a-z][a-z0-9+.-]*:\S+$/i.test(text)) return text
  throw new UsageError('USAGE', `${flag} is not a URI`, { got: text })
}
