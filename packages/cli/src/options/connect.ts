import {
  credentialFiles,
  dockerKeychain,
  firstOf,
  registryTransport,
  singleCredential,
  type Credential,
  type RegistryReference,
} from '@assay/registry'
import type { Connection } from '@assay/core'
import type { Io } from '../io.ts'
import type { Trace } from './trace.ts'

export interface ConnectOptions {
  readonly io: Io
  /** For the registries that the command line names, before what the files of docker and podman say. */
  readonly credential: Credential | undefined
  readonly allowHttp: boolean
  readonly trace: Trace
}

/** The connection to one registry. In a module of its own: a run on a layout never loads an HTTP client. */
export function connect({ host }: RegistryReference, options: ConnectOptions): Connection {
  const { io, credential, allowHttp, trace } = options
  const files = dockerKeychain(credentialFiles(io.env), io.env)
  const transport = registryTransport({
    keychain: credential === undefined ? files : firstOf(singleCredential(host, credential), files),
    ...(allowHttp && { allowHttp: new Set([host]) }),
    ...trace,
    connection: { proxyEnvironment: io.env },
  })
  return allowHttp ? { transport, plainHttp: true } : { transport }
}
