import {
  credentialFiles,
  dockerKeychain,
  firstOf,
  registryTransport,
  serviceTransport,
  singleCredential,
  type Credential,
  type Keychain,
  type Transport,
} from '@assay/registry'
import type { Connection } from '@assay/core'
import type { ConnectionChoice } from './registry-connection.ts'

/** The connection to one registry. In a module of its own: a run on a layout never loads an HTTP client. */
export function connect(host: string, choice: ConnectionChoice, keychain: Keychain): Connection {
  const { allowHttp, trustedRealms, ca, clientCertificate, trace, io } = choice
  const transport = registryTransport({
    keychain,
    trustedRealms,
    ...(allowHttp && { allowHttp: new Set([host]) }),
    ...trace,
    connection: {
      proxyEnvironment: io.env,
      ...(ca.length > 0 && { ca }),
      ...(clientCertificate !== undefined && { clientCertificate }),
    },
  })
  return allowHttp ? { transport, plainHttp: true } : { transport }
}

/** The way to what is public, and known by its digest: no credentials, and redirects are followed. */
export function publicTransport({ ca, trace, io }: ConnectionChoice): Transport {
  return serviceTransport({
    connection: { proxyEnvironment: io.env, ...(ca.length > 0 && { ca }) },
    redirects: true,
    retry: { maxPause: 3000 },
    ...trace,
  })
}

/** What the command line gives for this host, else what the files of docker and podman say. */
export function keychainOf(
  host: string,
  { io }: ConnectionChoice,
  credential: Credential | undefined,
): Keychain {
  const files = dockerKeychain(credentialFiles(io.env), io.env)
  return credential === undefined ? files : firstOf(singleCredential(host, credential), files)
}
