import { serviceTransport, type Transport } from '@assay/registry'
import type { KeyAccess, KeyWay } from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { keyPassword } from '../password.ts'
import { traceOf, verboseFlag } from './trace.ts'

/** What opening a key may reach for: the environment, a password, the services that keep keys. */
export function keyAccess(raw: RawOptions, io: Io): KeyAccess {
  return {
    env: io.env,
    password: () => keyPassword(io, 'open'),
    signal: io.signal,
    now: () => new Date(),
    connect: (way = {}) => connection(way, raw, io),
  }
}

/** The same for a command whose keys are its whole matter. */
export const keyAccessOptions: OptionGroup<KeyAccess> = { flags: () => [verboseFlag()], parse: keyAccess }

/** Metadata servers are of this machine: no proxy stands between. */
function connection(way: KeyWay, raw: RawOptions, io: Io): Transport {
  const isMetadata = way.allowHttp !== undefined
  return serviceTransport({
    connection: { ...(!isMetadata && { proxyEnvironment: io.env }), ...way.connection },
    ...(way.allowHttp !== undefined && { allowHttp: new Set(way.allowHttp) }),
    ...(way.once !== true && { retry: {} }),
    ...(way.redirects === true && { redirects: true }),
    ...traceOf(raw, io),
  })
}
