import { makeSigningConfig, type DescribedService } from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import { UsageError } from '../usage-error.ts'
import { repeatedFlag, valueFlag } from './flag.ts'
import { textOf, textsOf } from './raw.ts'

const form = '"url=…,api-version=1,start-time=2026-01-01T00:00:00Z,operator=…[,end-time=…]"'

/** `--fulcio`, `--rekor`, `--tsa`, `--oidc-provider` and how many of them are used: a SigningConfig document. */
export const describedServicesOptions: OptionGroup<Uint8Array> = {
  flags: () => [
    repeatedFlag('--fulcio <service>', `a certificate authority: ${form}`),
    repeatedFlag('--rekor <service>', 'a transparency log, of API version 1 or 2'),
    repeatedFlag('--tsa <service>', 'a timestamp authority; its URL with the path'),
    repeatedFlag('--oidc-provider <service>', 'an identity provider'),
    valueFlag('--rekor-config <selection>', 'logs to write to: ANY, ALL or EXACT:n (default: "ANY")'),
    valueFlag('--tsa-config <selection>', 'authorities to ask: ANY, ALL or EXACT:n (default: "ANY")'),
  ],
  parse: (raw) =>
    makeSigningConfig({
      fulcio: servicesOf(raw, 'fulcio'),
      identityProviders: servicesOf(raw, 'oidcProvider'),
      rekor: servicesOf(raw, 'rekor'),
      timestampAuthorities: servicesOf(raw, 'tsa'),
      rekorSelection: textOf(raw, 'rekorConfig') ?? 'ANY',
      timestampSelection: textOf(raw, 'tsaConfig') ?? 'ANY',
    }),
}

const names: ReadonlyMap<string, keyof DescribedService> = new Map([
  ['url', 'url'],
  ['api-version', 'apiVersion'],
  ['start-time', 'start'],
  ['end-time', 'end'],
  ['operator', 'operator'],
])

function servicesOf(raw: RawOptions, flag: string): readonly DescribedService[] {
  return textsOf(raw, flag).map((text) => {
    const service = new Map<keyof DescribedService, string>()
    for (const part of text.split(',')) {
      const equals = part.indexOf('=')
      const name = names.get(part.slice(0, Math.max(equals, 0)).trim())
      if (name === undefined || service.has(name))
        throw new UsageError('USAGE', 'a service is not described as it should be', {
          expected: form,
          got: text,
        })
      service.set(name, part.slice(equals + 1).trim())
    }
    return Object.fromEntries(service)
  })
}
