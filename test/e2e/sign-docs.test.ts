import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { chmod, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { authorityFiles } from '../support/authority-files.ts'
import { bundledCli, runCli } from '../support/cli.ts'
import { identityProvider } from '../support/identity-provider.ts'
import { kmsPlugin } from '../support/kms-plugin.ts'
import { release, rootOf, serveTuf, signed, tufKey } from '../support/tuf-repository.ts'
import { password, plainImage, services, workspace, type Workspace } from '../support/workspace.ts'

const run = promisify(execFile)

/** `assay` as a shell knows it, with the services of this test where a command line names none of its own. */
const assay = `#!/bin/bash
services=() trust=()
case "$*" in *signing-config*|*tlog-upload=false*) ;; *) services=(--signing-config "$CONFIG" --trusted-root "$ROOT") ;; esac
case "$*" in *trusted-root*|*insecure-ignore-tlog*) ;; *) [ -e "$HOME/.cache/assay/tuf/remote.json" ] || trust=(--trusted-root "$ROOT" --offline) ;; esac
case "$1" in
  sign|attest|sign-blob|attest-blob) set -- "$@" "\${services[@]}" ;;
  verify) set -- "$@" "\${trust[@]}" ;;
esac
exec "$NODE" "$CLI" "$@"
`

async function examples(): Promise<readonly (readonly [string, string])[]> {
  const text = await readFile(resolve(import.meta.dirname, '../../docs/signing.md'), 'utf8')
  return text
    .split(/^## /m)
    .flatMap((section) =>
      [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(
        (match) => [section.split('\n', 1)[0] ?? '', match[1] ?? ''] as const,
      ),
    )
}

/** The loose signature of app.tar that cosign would have written. */
async function writeLooseSignature(place: Workspace): Promise<void> {
  const flags = [
    '--key',
    place.path('release.key'),
    '--tlog-upload=false',
    '--bundle',
    place.path('loose.json'),
  ]
  await runCli(['sign-blob', ...flags, place.path('app.tar')], { env: password })
  const made: { readonly messageSignature: { readonly signature: string } } = JSON.parse(
    await place.read('loose.json'),
  )
  await place.write('app.sig', made.messageSignature.signature)
}

describe('docs/signing.md', () => {
  it('its examples work as written, in their order', { timeout: 180_000 }, async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    for (const [name, content] of [
      ['assay', assay],
      ['sigstore-kms-example-kms', kmsPlugin('keys/release')],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- two files
      await chmod(await place.write(name, content), 0o755)
    }
    await place.write('sbom.cdx.json', '{"bomFormat":"CycloneDX","specVersion":"1.6"}')
    await place.write('app.tar', 'the bytes of a release')
    await authorityFiles(place, sigstore.sigstore)
    await using provider = await identityProvider(sigstore.sigstore)
    await place.write('secret', 'client-canary')
    const tufRoot = tufKey()
    const firstRoot = signed(rootOf({ keys: [tufRoot] }), [tufRoot])
    await place.write('root.json', firstRoot)
    await using tuf = await serveTuf(release(tufRoot, Buffer.from(sigstore.sigstore.trustedRoot)))
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const env = {
      PATH: `${place.directory}:${process.env['PATH']}`,
      HOME: place.directory,
      NODE: process.execPath,
      CLI: bundledCli,
      CONFIG: join(place.directory, 'signing_config.json'),
      ROOT: join(place.directory, 'trusted_root.json'),
      IMAGE: image.reference,
      TOKEN: sigstore.token,
      ISSUER: provider.url,
      MIRROR: tuf.mirror,
      SIGSTORE_ID_TOKEN: sigstore.token,
      COSIGN_PASSWORD: 'secret',
      PLUGIN_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    }
    const sections: string[] = []
    for (const [section, script] of await examples()) {
      // oxlint-disable-next-line no-await-in-loop -- each builds on the ones before
      if (script.includes('app.sig')) await writeLooseSignature(place)
      // oxlint-disable-next-line no-await-in-loop -- each builds on the ones before
      await run('bash', ['-euo', 'pipefail', '-c', script], { cwd: place.directory, env })
      sections.push(section)
    }
    expect([...new Set(sections)]).toEqual([
      'With a key',
      'Keyless in CI',
      'Signing in',
      'A private Sigstore',
      'Keys in a KMS',
      'Air gap',
      'What is written',
    ])
  })
})
