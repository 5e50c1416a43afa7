import { base64Of, field, isMissing, textOf } from '../../../json/json-node.ts'
import { askKeyService, jsonBody, keyAnswer } from '../../kms/key-service.ts'
import { misbehaved } from '../../services/service-call.ts'
import { SigningError } from '../../signing-error.ts'
import type { KeyPairFiles } from '../generate-key-pair.ts'
import type { KeyAccess } from '../key-access.ts'
import { clusterAccess, type ClusterAccess } from './cluster-access.ts'

export interface SecretName {
  readonly namespace: string
  readonly name: string
}

/** A key pair in a Secret, as cosign writes it. Each part is looked at only when it is needed. */
export interface KeySecret {
  privateKeyPem(): string
  publicKeyPem(): string
  password(): string
}

/**
 * Reads a Secret of the cluster.
 * @throws SigningError NO_KEY_ACCESS, SERVICE_…; KEY_FILE_UNREADABLE for a part that is not there
 */
export async function readKeySecret(secret: SecretName, access: KeyAccess): Promise<KeySecret> {
  const cluster = await clusterAccess(access)
  const answer = await askKeyService(cluster, { method: 'GET', path: pathOf(secret), ...cluster }, access)
  const node = keyAnswer(cluster.service, answer.body)
  const metadata = field(node, 'metadata')
  const isAsked =
    textOf(field(metadata, 'name')) === secret.name &&
    textOf(field(metadata, 'namespace')) === secret.namespace
  if (!isAsked) throw misbehaved(cluster.service, 'an answer about another Secret')
  const data = field(node, 'data')
  const part = (name: string): string => {
    const value = isMissing(data) ? data : field(data, name)
    if (!isMissing(value)) return Buffer.from(base64Of(value)).toString('utf8')
    throw new SigningError('KEY_FILE_UNREADABLE', `the Secret has no ${name}`, {
      on: nameOf(secret),
      hint: `make one with \`assay keys generate ${nameOf(secret)}\``,
    })
  }
  return {
    privateKeyPem: () => part('cosign.key'),
    publicKeyPem: () => part('cosign.pub'),
    password: () => part('cosign.password'),
  }
}

/**
 * Writes a key pair into a new Secret that nobody can change.
 * @throws SigningError KEY_FILE_EXISTS where there is one of this name
 */
export async function writeKeySecret(
  secret: SecretName,
  keys: KeyPairFiles & { readonly password: string },
  access: KeyAccess,
): Promise<void> {
  const cluster = await clusterAccess(access, { once: true })
  const { headers, body } = jsonBody({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: { name: secret.name, namespace: secret.namespace },
    immutable: true,
    data: {
      'cosign.key': base64(keys.privateKeyPem),
      'cosign.pub': base64(keys.publicKeyPem),
      'cosign.password': base64(keys.password),
    },
  })
  const secrets = [...cluster.secrets, keys.privateKeyPem, keys.password]
  const status = await create({ ...cluster, secrets }, { secret, headers, body }, access)
  if (status === 409)
    throw new SigningError('KEY_FILE_EXISTS', 'there is a Secret of this name already', {
      on: nameOf(secret),
    })
}

/** The server itself refuses to make what is there (409): no look beforehand, no race. */
async function create(
  cluster: ClusterAccess,
  made: {
    readonly secret: SecretName
    readonly headers: Readonly<Record<string, string>>
    readonly body: Uint8Array
  },
  access: KeyAccess,
): Promise<number> {
  const answer = await askKeyService(
    cluster,
    {
      method: 'POST',
      path: pathOf({ ...made.secret, name: '' }).slice(0, -1),
      headers: { ...cluster.headers, ...made.headers },
      body: made.body,
      accept: [201, 409],
      secrets: cluster.secrets,
    },
    access,
  )
  return answer.status
}

function pathOf({ namespace, name }: SecretName): string {
  return `/api/v1/namespaces/${namespace}/secrets/${name}`
}

function nameOf({ namespace, name }: SecretName): string {
  return `k8s://${namespace}/${name}`
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
