import type { HttpRequest } from './transport.ts'

/**
 * The scopes that a registry call needs, as its token service names them (distribution "Token Scope"):
 * one repository, and for a mount the source as well.
 */
export function scopesOf(request: Pick<HttpRequest, 'method' | 'url'>): readonly string[] {
  const { pathname, searchParams } = request.url
  if (pathname.startsWith('/v2/_catalog')) return ['registry:catalog:*']
  const name = /^\/v2\/(.+?)\/(?:manifests|blobs|tags|referrers)\//.exec(pathname)?.[1]
  if (name === undefined) return []
  const source = searchParams.get('from')
  return [
    `repository:${name}:${actionsOf(request.method)}`,
    ...(source === null ? [] : [`repository:${source}:pull`]),
  ]
}

function actionsOf(method: string): string {
  if (method === 'GET' || method === 'HEAD') return 'pull'
  return method === 'DELETE' ? 'delete,pull' : 'pull,push'
}
