import type { StandIn, StandInAnswer } from './stand-in.ts'

/** Projects or groups of a GitLab, with their variables. */
export interface GitlabStandIn {
  readonly token: string
  /** `projects/acme/app` or `groups/acme`. */
  readonly owners: Map<string, Map<string, string>>
}

interface MadeVariable {
  readonly key: string
  readonly value: string
}

export function gitlabStandIn(gitlab: GitlabStandIn): StandIn {
  return ({ method, url, headers, body }) => {
    if (headers['private-token'] !== gitlab.token)
      return { status: 401, body: { message: `401 Unauthorized ${headers['private-token']}` } }
    const [, , , kind = '', id = '', verb, name = ''] = url.pathname.split('/')
    const variables = gitlab.owners.get(`${kind}/${decodeURIComponent(id)}`)
    if (variables === undefined) return { status: 404, body: { message: '404 Not Found' } }
    if (verb === undefined) return { status: 200, body: { id: 1, path: decodeURIComponent(id) } }
    return method === 'POST' ? made(variables, JSON.parse(body.toString())) : read(variables, name)
  }
}

function made(variables: Map<string, string>, { key, value }: MadeVariable): StandInAnswer {
  if (variables.has(key))
    return { status: 400, body: { message: { key: [`(${key}) has already been taken`] } } }
  variables.set(key, value)
  return { status: 201, body: { key, value } }
}

function read(variables: ReadonlyMap<string, string>, key: string): StandInAnswer {
  const value = variables.get(key)
  if (value === undefined) return { status: 404, body: { message: '404 Variable Not Found' } }
  return { status: 200, body: { key, value, variable_type: 'env_var' } }
}
