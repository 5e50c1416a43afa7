import { X509Certificate } from 'node:crypto'
import { withTimeLimit, type Call } from '@assay/registry'
import type { Option } from 'commander'
import type { RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { readNamedFile } from '../read-file.ts'
import { UsageError } from '../usage-error.ts'
import { durationOf } from './duration.ts'
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
    ca: await authoritiesOf(textOf(raw, 'registryCacert')),
    clientCertificate: await clientCertificateOf(raw),
    trace: traceOf(raw, io),
    call: {
      signal: timeout === undefined ? io.signal : withTimeLimit(io.signal, durationOf(timeout, '--timeout')),
    },
  }
}

async function authoritiesOf(path: string | undefined): Promise<readonly string[]> {
  if (path === undefined) return []
  const text = await readText(path, '--registry-cacert')
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (certificates.length === 0 || !certificates.every(isCertificate))
    throw new UsageError('UNREADABLE_FILE', 'the file of --registry-cacert holds no PEM certificates', {
      on: path,
    })
  return certificates
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.byteLength > 0
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false
    throw error
  }
}

async function clientCertificateOf(raw: RawOptions): Promise<ConnectionChoice['clientCertificate']> {
  const [certificate, key] = [textOf(raw, 'registryClientCert'), textOf(raw, 'registryClientKey')]
  if (certificate === undefined && key === undefined) return undefined
  if (certificate === undefined || key === undefined)
    throw new UsageError('USAGE', '--registry-client-cert and --registry-client-key belong together')
  return {
    certificate: await readText(certificate, '--registry-client-cert'),
    key: await readText(key, '--registry-client-key'),
  }
}

async function readText(path: string, flag: string): Promise<string> {
  return Buffer.from(await readNamedFile(path, flag, 1024 * 1024)).toString('utf8')
}
