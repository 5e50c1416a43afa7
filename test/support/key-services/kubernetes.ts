import type { StandIn } from './stand-in.ts'

/** The Secrets of a cluster, for who shows the token. */
export interface KubernetesStandIn {
  readonly token: string
  /** `namespace/name`, and the data in base64. */
  readonly secrets: Map<string, Readonly<Record<string, string>>>
}

/** What a stand-in was asked to make. */
interface MadeSecret {
  readonly kind: string
  readonly immutable: boolean
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly data: Readonly<Record<string, string>>
}

export function kubernetesStandIn(cluster: KubernetesStandIn): StandIn {
  return ({ method, url, headers, body }) => {
    if (headers['authorization'] !== `Bearer ${cluster.token}`)
      return { status: 401, body: { kind: 'Status', message: `Unauthorized ${headers['authorization']}` } }
    const [, namespace = '', name] =
      /^\/api\/v1\/namespaces\/([^/]+)\/secrets(?:\/([^/]+))?$/.exec(url.pathname) ?? []
    if (method === 'POST') {
      const made: MadeSecret = JSON.parse(body.toString())
      const place = `${namespace}/${made.metadata.name}`
      if (cluster.secrets.has(place))
        return { status: 409, body: { kind: 'Status', reason: 'AlreadyExists' } }
      if (made.kind !== 'Secret' || !made.immutable || made.metadata.namespace !== namespace)
        return { status: 422, body: {} }
      cluster.secrets.set(place, made.data)
      return { status: 201, body: made }
    }
    const data = cluster.secrets.get(`${namespace}/${name}`)
    if (data === undefined) return { status: 404, body: { kind: 'Status', reason: 'NotFound' } }
    return { status: 200, body: { kind: 'Secret', metadata: { name, namespace }, type: 'Opaque', data } }
  }
}
