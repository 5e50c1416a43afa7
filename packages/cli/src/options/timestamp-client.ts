import type { Option } from 'commander'
import type { ServiceAccess } from '@assay/core'
import { serviceTransport } from '@assay/registry'
import type { RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { valueFlag } from './flag.ts'
import { authoritiesIn, clientCertificateIn } from './pem-files.ts'
import { textOf } from './raw.ts'
import { traceOf } from './trace.ts'

/** cosign's flags for timestamp authorities that want to know their clients. */
export function timestampClientFlags(): readonly Option[] {
  return [
    valueFlag(
      '--timestamp-client-cacert <file>',
      'PEM certificates of authorities that vouch for the timestamp authority’s server, besides those of the system',
    ),
    valueFlag('--timestamp-client-cert <file>', 'PEM certificate to show to the timestamp authority'),
    valueFlag('--timestamp-client-key <file>', 'PEM key of that certificate'),
    valueFlag(
      '--timestamp-server-name <name>',
      'the name that the timestamp authority’s server has to prove',
    ),
  ]
}

/**
 * How timestamp authorities are reached, where it is another way than for the other services.
 * @throws UsageError
 */
export async function timestampAccess(raw: RawOptions, io: Io): Promise<ServiceAccess | undefined> {
  const ca = await authoritiesIn(textOf(raw, 'timestampClientCacert'), '--timestamp-client-cacert')
  const clientCertificate = await clientCertificateIn(
    { certificate: textOf(raw, 'timestampClientCert'), key: textOf(raw, 'timestampClientKey') },
    { certificate: '--timestamp-client-cert', key: '--timestamp-client-key' },
  )
  const serverName = textOf(raw, 'timestampServerName')
  if (ca.length === 0 && clientCertificate === undefined && serverName === undefined) return undefined
  const connection = {
    proxyEnvironment: io.env,
    ...(ca.length > 0 && { ca }),
    ...(clientCertificate !== undefined && { clientCertificate }),
    ...(serverName !== undefined && { serverName }),
  }
  return { transport: serviceTransport({ connection, ...traceOf(raw, io) }) }
}
