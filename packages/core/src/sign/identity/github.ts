import { field, textOf } from '../../json/json-node.ts'
import { answerNode } from '../services/service-answer.ts'
import { callService, type Service } from '../services/service-call.ts'
import { SigningError } from '../signing-error.ts'
import type { AmbientProvider } from './ambient-provider.ts'

/** GitHub Actions; the workflow needs the permission `id-token: write`. */
export const github: AmbientProvider = {
  name: 'github-actions',
  present: ({ env }) => filled(env['ACTIONS_ID_TOKEN_REQUEST_URL']) || env['GITHUB_ACTIONS'] === 'true',
  token: async (audience, access, call) => {
    const url = access.env['ACTIONS_ID_TOKEN_REQUEST_URL']
    const bearer = access.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']
    if (url === undefined || !URL.canParse(url) || bearer === undefined || bearer === '') {
      throw new SigningError('NO_IDENTITY', 'this GitHub workflow may not ask for an identity token', {
        hint: 'give the job `permissions: id-token: write`',
      })
    }
    const { origin, pathname, searchParams } = new URL(url)
    searchParams.set('audience', audience)
    const service: Service = { name: 'the identity provider', url: origin }
    const answer = await callService(
      access,
      {
        service,
        method: 'GET',
        path: `${pathname}?${searchParams.toString()}`,
        headers: { accept: 'application/json', authorization: `Bearer ${bearer}` },
        accept: [200],
        secrets: [bearer],
      },
      call,
    )
    return textOf(field(answerNode(service, answer.body), 'value'))
  },
}

function filled(text: string | undefined): boolean {
  return text !== undefined && text !== ''
}
