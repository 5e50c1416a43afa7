import { readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import type { AmbientProvider } from './ambient-provider.ts'

/** Where cosign looks: a projected token of a Kubernetes service account (cosign pkg/providers/filesystem). */
const path = '/var/run/sigstore/cosign/oidc-token'

/** A token in a file of the cluster's. */
export const tokenFile: AmbientProvider = {
  name: 'filesystem',
  present: () => existsSync(path),
  token: () => readFile(path, 'latin1'),
}
