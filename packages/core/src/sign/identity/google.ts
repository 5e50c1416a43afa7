import { callService, type Service } from '../services/service-call.ts'
import type { AmbientProvider } from './ambient-provider.ts'

/** The one host that is asked over http although it is not this machine: the metadata server has no other way. */
export const googleMetadataHost = 'metadata.google.internal'

/** Google Cloud: Cloud Build, Cloud Run, and machines, by the metadata server. */
export const google: AmbientProvider = {
  name: 'google',
  // Set by Cloud Build, Cloud Run services and jobs; other machines name the provider or the metadata server.
  present: ({ env }) =>
    ['GCE_METADATA_HOST', 'BUILDER_OUTPUT', 'K_SERVICE', 'CLOUD_RUN_JOB'].some(
      (name) => (env[name] ?? '') !== '',
    ),
  token: async (audience, access, call) => {
    const service: Service = {
      name: 'the identity provider',
      url: `http://${access.env['GCE_METADATA_HOST'] ?? googleMetadataHost}`,
    }
    const query = new URLSearchParams({ audience, format: 'full' })
    const answer = await callService(
      access,
      {
        service,
        method: 'GET',
        path: `/computeMetadata/v1/instance/service-accounts/default/identity?${query.toString()}`,
        headers: { 'metadata-flavor': 'Google' },
        accept: [200],
      },
      call,
    )
    return Buffer.from(answer.body).toString('latin1')
  },
}
