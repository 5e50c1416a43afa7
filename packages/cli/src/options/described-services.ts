import {
  fetchTufTarget,
  makeSigningConfig,
  parseSigningConfig,
  type DescribedService,
  type SigningConfig,
} from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'
import { repeatedFlag, switchFlag, valueFlag } from './flag.ts'
import { flagOf, textOf, textsOf } from './raw.ts'
import { readServiceText } from './service-text.ts'
import { tufRepository } from './tuf-repository.ts'

const form = '"url=…,api-version=1,start-time=2026-01-01T00:00:00Z,operator=…[,end-time=…]"'

/** `--fulcio`, `--rekor`, `--tsa`, `--oidc-provider`, how many of them are used, and what is taken over: a SigningConfig document. */
export const describedServicesOptions: OptionGroup<Uint8Array> = {
  flags: () => [
    repeatedFlag('--fulcio <service>', `a certificate authority: ${form}`),
    repeatedFlag('--rekor <service>', 'a transparency log, of API version 1 or 2'),
    repeatedFlag('--tsa <service>', 'a timestamp authority; its URL with the path'),
    repeatedFlag('--oidc-provider <service>', 'an identity provider'),
    valueFlag('--rekor-config <selection>', 'logs to write to: ANY, ALL or EXACT:n (default: "ANY")'),
    valueFlag('--tsa-config <selection>', 'authorities to ask: ANY, ALL or EXACT:n (default: "ANY")'),
    valueFlag('--base-config <file>', 'a signing config whose services are taken where no flag names others'),
    switchFlag('--with-default-services', 'the same with the services of the default instance, through TUF'),
    switchFlag('--with-default-rekor-v2', 'the same, with its log of API version 2'),
    switchFlag('--no-default-fulcio', 'without the certificate authorities that would be taken over'),
    switchFlag('--no-default-rekor', 'without the transparency logs'),
    switchFlag('--no-default-oidc', 'without the identity providers'),
    switchFlag('--no-default-tsa', 'without the timestamp authorities'),
  ],
  parse: async (raw, io) => {
    const base = await baseOf(raw, io)
    const own = {
      fulcio: servicesOf(raw, 'fulcio'),
      identityProviders: servicesOf(raw, 'oidcProvider'),
      rekor: servicesOf(raw, 'rekor'),
      timestampAuthorities: servicesOf(raw, 'tsa'),
    }
    const taken = (name: keyof typeof own, flag: string): readonly DescribedService[] =>
      own[name].length > 0 || raw[flag] === false ? own[name] : (base?.[name].map(describe) ?? [])
    return makeSigningConfig({
      fulcio: taken('fulcio', 'defaultFulcio'),
      identityProviders: taken('identityProviders', 'defaultOidc'),
      rekor: taken('rekor', 'defaultRekor'),
      timestampAuthorities: taken('timestampAuthorities', 'defaultTsa'),
      rekorSelection: textOf(raw, 'rekorConfig') ?? selectionText(base?.rekorSelection),
      timestampSelection: textOf(raw, 'tsaConfig') ?? selectionText(base?.timestampSelection),
    })
  },
}

async function baseOf(raw: RawOptions, io: Io): Promise<SigningConfig | undefined> {
  const file = textOf(raw, 'baseConfig')
  const isV2 = flagOf(raw, 'withDefaultRekorV2')
  const isDefault = isV2 || flagOf(raw, 'withDefaultServices')
  if (file !== undefined && isDefault)
    throw new UsageError('USAGE', '--base-config excludes the --with-default-… flags')
  if (file !== undefined) return parseSigningConfig(await readNamedFile(file, '--base-config'))
  if (isDefault) {
    const target = isV2 ? 'signing_config_rekor_v2.v0.2.json' : 'signing_config.v0.2.json'
    return parseSigningConfig(await fetchTufTarget(target, await tufRepository(io)))
  }
  if (['Fulcio', 'Rekor', 'Oidc', 'Tsa'].some((name) => raw[`default${name}`] === false))
    throw new UsageError(
      'USAGE',
      'the --no-default-… flags belong to --base-config or --with-default-services',
    )
  return undefined
}

function describe({
  url,
  apiVersion,
  validFor,
  operator,
}: SigningConfig['fulcio'][number]): DescribedService {
  return {
    url,
    apiVersion: String(apiVersion),
    start: validFor.start.toISOString(),
    ...(validFor.end !== undefined && { end: validFor.end.toISOString() }),
    operator,
  }
}

function selectionText(selection: SigningConfig['rekorSelection'] | undefined): string {
  if (selection?.kind === 'exact') return `EXACT:${selection.count}`
  return selection?.kind === 'all' ? 'ALL' : 'ANY'
}

function servicesOf(raw: RawOptions, flag: string): readonly DescribedService[] {
  const names = ['url', 'api-version', 'start-time', 'end-time', 'operator'] as const
  return textsOf(raw, flag).map((text) => {
    const {
      url,
      'api-version': apiVersion,
      'start-time': start,
      'end-time': end,
      operator,
    } = readServiceText(text, { names, required: ['url', 'api-version', 'start-time', 'operator'], form })
    return {
      ...(url !== undefined && { url }),
      ...(apiVersion !== undefined && { apiVersion }),
      ...(start !== undefined && { start }),
      ...(end !== undefined && { end }),
      ...(operator !== undefined && { operator }),
    }
  })
}
