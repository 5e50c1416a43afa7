import { withTimeLimit, type Call } from '@assay/registry'
import type { Option } from 'commander'
import type { RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { durationOf } from './duration.ts'
import { authoritiesIn, clientCertificateIn } from './pem-files.ts'
import { repeatedFlag, switchFlag, valueFlag } from './flag.ts'
import { flagOf, textOf, textsOf } from './raw.ts'
import { traceOf, verboseFlag, type Trace } from './trace.ts'

/** How registries are reached, whoever asks for what there. */
export interface ConnectionChoice {
  readonly io: Io
  readonly allowHttp: boolean
  readonly trustedRealms: ReadonlySet<string>
  /** PEM certificates trusted besides the system's. */
  readonly ca: readonly string[]
  readonly clientCertificate: { readonly certificate: string; readonly key: string } | undefined
  readonly trace: Trace
  /** Ends with the run: a signal from outside, or `--timeout`. */
  readonly call: Call
}

export function connectionFlags(): readonly Option[] {
  return [
    switchFlag('--allow-http-registry', 'speak plain http with the named registries; loopback always may'),
    valueFlag(
      '--registry-cacert <file>',
      'PEM certificates of authorities to trust besides those of the system',
    ),
    valueFlag('--registry-client-cert <file>', 'PEM certificate to show to registries'),
    valueFlag('--registry-client-key <file>', 'PEM key of the client certificate'),
    repeatedFlag('--trusted-realm <host>', 'token service of another name that may be given credentials'),
    valueFlag('--timeout <duration>', 'give up after this time, like 90s or 5m'),
    verboseFlag(),
  ]
}

/** @throws UsageError USAGE, UNREADABLE_FILE */
export async function connectionOf(raw: RawOptions, io: Io): Promise<ConnectionChoice> {
  const timeout = textOf(raw, 'timeout')
  return {
    io,
    allowHttp: flagOf(raw, 'allowHttpRegistry'),
    trustedRealms: new Set(textsOf(raw, 'trustedRealm').map((host) => host.toLowerCase())),
    ca: await authoritiesIn(textOf(raw, 'registryCacert'), '--registry-cacert'),
    clientCertificate: await clientCertificateIn(
      { certificate: textOf(raw, 'registryClientCert'), key: textOf(raw, 'registryClientKey') },
      { certificate: '--registry-client-cert', key: '--registry-client-key' },
    ),
    trace: traceOf(raw, io),
    call: {
      signal: timeout === undefined ? io.signal : withTimeLimit(io.signal, durationOf(timeout, '--timeout')),
    },
  }
}
