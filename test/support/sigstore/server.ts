import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { virtualSigstore } from './virtual-sigstore.ts'

/**
 * A virtual Sigstore as a process of its own:
 *   node -C @assay/source test/support/sigstore/server.ts --dir DIR [--rekor v1|v2|both] [--subject S] [--issuer U]
 * It writes trusted_root.json, signing_config.json and identity_token into DIR, prints where it listens, and
 * serves until it is told to stop.
 */
const { values } = parseArgs({
  options: {
    dir: { type: 'string' },
    rekor: { type: 'string', default: 'v1' },
    subject: { type: 'string', default: 'release@sigstore.test' },
    issuer: { type: 'string', default: 'https://accounts.sigstore.test' },
  },
})
if (values.dir === undefined) throw new Error('--dir DIR is needed')
const rekor = values.rekor === 'v2' || values.rekor === 'both' ? values.rekor : 'v1'
const day = 24 * 3600

const sigstore = virtualSigstore()
const served = await sigstore.serve()
await mkdir(values.dir, { recursive: true })
const files = {
  'trusted_root.json': sigstore.trustedRoot,
  'signing_config.json': served.signingConfig({ rekor }),
  identity_token: sigstore.identityToken({ subject: values.subject, issuer: values.issuer, lifetime: day }),
}
for (const [file, content] of Object.entries(files)) {
  await writeFile(join(values.dir, file), content, { mode: 0o600 })
}
process.stdout.write(`listening on ${served.url}\n`)
process.stdout.write(
  Object.keys(files)
    .map((file) => `wrote ${join(values.dir ?? '', file)}\n`)
    .join(''),
)

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    void served.close().then(() => process.exit(0))
  })
}
