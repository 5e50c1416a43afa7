import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RegistryError } from '../errors.ts'
import { readFailed } from '../local/file-error.ts'
import type { ConnectionOptions } from '../transport/node-http.ts'

/** Environment variables by their names. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Where a Docker engine is reached, and how. */
export interface DaemonEndpoint {
  /** The address as it was configured, for messages. */
  readonly name: string
  readonly url: URL
  readonly connection: ConnectionOptions
}

const defaultHost = 'unix:///var/run/docker.sock'

/**
 * The engine that `DOCKER_HOST` names, as the docker client reads it: `unix://PATH` or `tcp://HOST:PORT`, the latter
 * with the certificates in `DOCKER_CERT_PATH` if `DOCKER_TLS_VERIFY` is set. Without TLS only this machine is spoken to.
 * @throws RegistryError UNSUPPORTED, INVALID_REFERENCE, and NOT_FOUND for certificates that are not there
 */
export async function daemonEndpoint(environment: Environment): Promise<DaemonEndpoint> {
  const name = textOf(environment, 'DOCKER_HOST') ?? defaultHost
  const unix = /^unix:\/\/(\/.+)$/.exec(name)?.[1]
  // The name of the host says nothing where a socket is named; docker's own client writes the same.
  if (unix !== undefined) return { name, url: new URL('http://localhost/'), connection: { socketPath: unix } }
  const isTls = textOf(environment, 'DOCKER_TLS_VERIFY') !== undefined
  const address = /^(?:tcp|https?):\/\/([^/?#@]+)\/?$/.exec(name)?.[1]
  const url =
    address === undefined ? null : URL.parse(`${isTls ? 'https' : 'http'}://${withPort(address, isTls)}/`)
  if (url === null) throw notSupported(name)
  return { name, url, connection: isTls ? await certificatesIn(environment) : {} }
}

function textOf(environment: Environment, name: string): string | undefined {
  const value = environment[name]
  return value === '' ? undefined : value
}

/** Docker's ports: 2376 with TLS, 2375 without. */
function withPort(address: string, isTls: boolean): string {
  return /:[0-9]+$/.test(address) ? address : `${address}:${isTls ? 2376 : 2375}`
}

async function certificatesIn(environment: Environment): Promise<ConnectionOptions> {
  const home = textOf(environment, 'DOCKER_CONFIG') ?? join(environment['HOME'] ?? '', '.docker')
  const folder = textOf(environment, 'DOCKER_CERT_PATH') ?? home
  const read = async (file: string): Promise<string> => {
    const path = join(folder, file)
    return await readFile(path, 'utf8').catch((error: unknown) => {
      throw readFailed(error, path)
    })
  }
  const [ca, certificate, key] = [await read('ca.pem'), await read('cert.pem'), await read('key.pem')]
  return { ca: [ca], clientCertificate: { certificate, key } }
}

function notSupported(name: string): RegistryError {
  return new RegistryError('UNSUPPORTED', 'DOCKER_HOST names an engine that cannot be reached from here', {
    on: name,
    expected: 'unix:///path or tcp://host:port',
    ...(name.startsWith('ssh:') && {
      hint: 'forward its socket: ssh -L /tmp/docker.sock:/var/run/docker.sock HOST',
    }),
  })
}
