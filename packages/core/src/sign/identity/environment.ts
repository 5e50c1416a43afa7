import { SigningError } from '../signing-error.ts'
import type { AmbientProvider } from './ambient-provider.ts'

/** A token that the pipeline put into the environment: GitLab's `id_tokens`, and everybody who does alike. */
export const environment: AmbientProvider = {
  name: 'env',
  present: ({ env }) => (env['SIGSTORE_ID_TOKEN'] ?? '') !== '',
  token: (_audience, { env }) => {
    const token = env['SIGSTORE_ID_TOKEN'] ?? ''
    if (token === '') throw new SigningError('NO_IDENTITY', 'SIGSTORE_ID_TOKEN is empty')
    return Promise.resolve(token)
  },
}
