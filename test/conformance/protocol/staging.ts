import { join } from 'node:path'

/**
 * The staging instance of Sigstore: its TUF repository, and the root that trust in it starts from, as sigstore-go
 * ships it (pkg/tuf/repository/staging_root.json).
 */
export const staging = {
  mirror: 'https://tuf-repo-cdn.sigstage.dev',
  rootFile: join(import.meta.dirname, 'staging-root.json'),
}
