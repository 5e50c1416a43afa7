import { resolve } from 'node:path'
import { base64Of, field, isMissing, textOf } from '../../../json/json-node.ts'
import { firstSet } from '../../kms/first-set.ts'
import { addressOf, noKeyAccess, type KeyService } from '../../kms/key-service.ts'
import { smallFile } from '../../kms/small-file.ts'
import type { KeyAccess, KeyWay } from '../key-access.ts'
import { execCredential } from './exec-credential.ts'
import { currentContext, type ConfigPart } from './kubeconfig.ts'

/** The API of a cluster, with what opens it. */
export interface ClusterAccess extends KeyService {
  readonly headers: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
}

/** What shows a server who asks. */
export interface ClusterCredential {
  readonly token?: string
  readonly clientCertificate?: { readonly certificate: string; readonly key: string }
}

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * The cluster of the current context, or the one that this runs in.
 * @throws SigningError NO_KEY_ACCESS
 */
export async function clusterAccess(
  access: KeyAccess,
  options: Pick<KeyWay, 'once'> = {},
): Promise<ClusterAccess> {
  const context = await currentContext(access.env)
  if (context === undefined) return insideCluster(access, options)
  const { cluster, user } = context
  for (const name of ['insecure-skip-tls-verify', 'tls-server-name', 'proxy-url']) {
    const { value } = field(cluster.node, name)
    if (value !== undefined && value !== null && value !== false && value !== '')
      throw noKeyAccess('Kubernetes', `the cluster is reached with ${name}, which is not built here`)
  }
  const url = addressOf('Kubernetes', 'cluster.server', textOf(field(cluster.node, 'server')))
  const ca = await content(cluster, 'certificate-authority')
  const credential = await credentialOf(user, cluster, access)
  return opened({ url, ca, credential }, access, options)
}

async function insideCluster(access: KeyAccess, options: Pick<KeyWay, 'once'>): Promise<ClusterAccess> {
  const [host, port] = ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'].map((name) =>
    firstSet(access.env, name),
  )
  const [token, ca] = await Promise.all(
    ['token', 'ca.crt'].map((name) => smallFile(`${accountFolder}/${name}`)),
  )
  if (host === undefined || port === undefined || token === undefined)
    throw noKeyAccess('Kubernetes', 'there is no configuration, and this is no pod', 'set KUBECONFIG')
  const url = addressOf(
    'Kubernetes',
    'KUBERNETES_SERVICE_HOST',
    `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
  )
  return opened({ url, ca, credential: { token: token.trim() } }, access, options)
}

function opened(
  way: { readonly url: string; readonly ca: string | undefined; readonly credential: ClusterCredential },
  access: KeyAccess,
  options: Pick<KeyWay, 'once'>,
): ClusterAccess {
  const { token, clientCertificate } = way.credential
  const connection = {
    ...(way.ca !== undefined && { ca: [way.ca] }),
    ...(clientCertificate !== undefined && { clientCertificate }),
  }
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    throw noKeyAccess('Kubernetes', 'its token is malformed')
  return {
    service: { name: 'Kubernetes', url: way.url },
    transport: access.connect({ connection, ...options }),
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    secrets: token === undefined ? [] : [token],
  }
}

async function credentialOf(
  user: ConfigPart,
  cluster: ConfigPart,
  access: KeyAccess,
): Promise<ClusterCredential> {
  const { node, folder } = user
  if (!isMissing(field(node, 'exec'))) return execCredential(user, cluster, access)
  for (const name of ['auth-provider', 'username'])
    if (!isMissing(field(node, name))) throw noKeyAccess('Kubernetes', `users with ${name} are not supported`)
  const [certificate, key] = await Promise.all([
    content(user, 'client-certificate'),
    content(user, 'client-key'),
  ])
  const file = field(node, 'tokenFile')
  const token = isMissing(file) ? textIn(user, 'token') : (await named(resolve(folder, textOf(file)))).trim()
  return {
    ...(token !== undefined && { token }),
    ...(certificate !== undefined && key !== undefined && { clientCertificate: { certificate, key } }),
  }
}

function textIn({ node }: ConfigPart, name: string): string | undefined {
  const value = field(node, name)
  return isMissing(value) ? undefined : textOf(value)
}

/** A value that stands in the configuration as base64 (`NAME-data`), or in a file of its own. */
async function content(part: ConfigPart, name: string): Promise<string | undefined> {
  const data = field(part.node, `${name}-data`)
  if (!isMissing(data)) return Buffer.from(base64Of(data)).toString('utf8')
  const path = textIn(part, name)
  return path === undefined ? undefined : named(resolve(part.folder, path))
}

async function named(path: string): Promise<string> {
  const text = await smallFile(path)
  if (text === undefined)
    throw noKeyAccess('Kubernetes', `${path}, which its configuration names, is not there`)
  return text
}
