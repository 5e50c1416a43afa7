import {
  openLayout,
  openRepository,
  parseReference,
  readAll,
  type Call,
  type ContentSource,
  type Credential,
  type Reference,
  type RegistryReference,
} from '@assay/registry'
import { openImage, openTarget, type Connection, type OpenedImage, type OpenedTarget } from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { UsageError } from '../usage-error.ts'
import type { ConnectOptions } from './connect.ts'
import { durationOf } from './duration.ts'
import { switchFlag, valueFlag } from './flag.ts'
import { flagOf, textOf } from './raw.ts'
import { traceOf, verboseFlag } from './trace.ts'

/** How the run reaches images. */
export interface Places {
  /** Finds the image that a reference names. */
  open(reference: string | Reference): Promise<OpenedImage>
  /** Opens the place that a reference names for writing; a layout is made if there is none. */
  openTarget(reference: string | Reference): Promise<OpenedTarget>
  /** A repository, for what is kept apart from its image. */
  openPlace(repository: string): Promise<ContentSource>
  /** Ends with the run: a signal from outside, or `--timeout`. */
  readonly call: Call
}

const maxPassword = 64 * 1024

/** Credentials, http and time limits for registries. */
export const registryOptions: OptionGroup<Places> = {
  flags: () => [
    switchFlag('--allow-http-registry', 'speak plain http with the named registries; loopback always may'),
    valueFlag('--registry-username <name>', 'user name for the registry; needs --registry-password-stdin'),
    switchFlag('--registry-password-stdin', 'read the registry password from stdin'),
    valueFlag('--timeout <duration>', 'give up after this time, like 90s or 5m'),
    verboseFlag(),
  ],
  parse: async (raw, io) => {
    const credential = await credentialOf(raw, io)
    const timeout = textOf(raw, 'timeout')
    const call: Call = {
      signal:
        timeout === undefined
          ? io.signal
          : AbortSignal.any([io.signal, AbortSignal.timeout(durationOf(timeout, '--timeout'))]),
    }
    const connect = connector({
      io,
      credential,
      allowHttp: flagOf(raw, 'allowHttpRegistry'),
      trace: traceOf(raw, io),
    })
    return {
      open: (reference) => openImage(reference, { connect }, call),
      openTarget: (reference) => openTarget(reference, { connect }),
      openPlace: async (repository) => {
        const reference = parseReference(repository)
        if (reference.kind === 'layout') return openLayout(reference.path)
        return openRepository(reference, await connect(reference))
      },
      call,
    }
  },
}

/** One connection a host, so that connections and tokens serve all images of a run. */
function connector(options: ConnectOptions): (reference: RegistryReference) => Promise<Connection> {
  const connections = new Map<string, Connection>()
  return async (reference) => {
    const { connect } = await import('./connect.ts')
    const connection = connections.get(reference.host) ?? connect(reference, options)
    connections.set(reference.host, connection)
    return connection
  }
}

async function credentialOf(raw: RawOptions, io: Io): Promise<Credential | undefined> {
  const username = textOf(raw, 'registryUsername')
  if (!flagOf(raw, 'registryPasswordStdin')) {
    if (username === undefined) return undefined
    throw new UsageError('USAGE', '--registry-username needs --registry-password-stdin', {
      hint: 'a password on the command line would be seen by every user of the machine',
    })
  }
  if (username === undefined)
    throw new UsageError('USAGE', '--registry-password-stdin needs --registry-username')
  const bytes = await readAll(io.stdin, { limit: maxPassword, on: 'the registry password' })
  const password = Buffer.from(bytes)
    .toString('utf8')
    .replace(/\r?\n$/, '')
  if (password === '') throw new UsageError('PASSWORD_REQUIRED', 'stdin holds no registry password')
  return { kind: 'basic', username, password }
}
