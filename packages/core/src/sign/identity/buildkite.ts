import { field, textOf } from '../../json/json-node.ts'
import { answerNode } from '../services/service-answer.ts'
import { callService, type Service } from '../services/service-call.ts'
import { SigningError } from '../signing-error.ts'
import type { AmbientProvider } from './ambient-provider.ts'

/** Buildkite's agent API. */
export const buildkite: AmbientProvider = {
  name: 'buildkite-agent',
  present: ({ env }) => (env['BUILDKITE_AGENT_ACCESS_TOKEN'] ?? '') !== '',
  token: async (audience, access, call) => {
    const { env } = access
    const agentToken = env['BUILDKITE_AGENT_ACCESS_TOKEN'] ?? ''
    const job = env['BUILDKITE_JOB_ID'] ?? ''
    if (!/^[\w-]+$/.test(job)) {
      throw new SigningError('NO_IDENTITY', 'BUILDKITE_JOB_ID does not name a job')
    }
    const service: Service = {
      name: 'the identity provider',
      url: env['BUILDKITE_AGENT_ENDPOINT'] ?? 'https://agent.buildkite.com/v3',
    }
    const answer = await callService(
      access,
      {
        service,
        method: 'POST',
        path: `/jobs/${job}/oidc/tokens`,
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          authorization: `Token ${agentToken}`,
        },
        body: Buffer.from(JSON.stringify({ audience })),
        accept: [200, 201],
        secrets: [agentToken],
      },
      call,
    )
    return textOf(field(answerNode(service, answer.body), 'token'))
  },
}
