import { execFile } from 'node:child_process'
import { chmod, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { bundledCli } from '../support/cli.ts'
import { awsStandIn } from '../support/key-services/aws.ts'
import { azureStandIn, azureTokens } from '../support/key-services/azure.ts'
import { gitlabStandIn } from '../support/key-services/gitlab.ts'
import { googleStandIn } from '../support/key-services/google.ts'
import { kubernetesStandIn } from '../support/key-services/kubernetes.ts'
import { testKey } from '../support/key-services/scenes.ts'
import { servePlain, serveCloud, type Hosts } from '../support/key-services/stand-in.ts'
import { hasTokens, testTokens, tokenModule, tokenPin } from '../support/key-services/token.ts'
import { vaultStandIn } from '../support/key-services/vault.ts'
import { kmsPlugin } from '../support/kms-plugin.ts'
import { plainImage, workspace } from '../support/workspace.ts'

const run = promisify(execFile)

/** `assay` as a shell knows it; no log is asked here, which is the matter of other pages. */
const assay = `#!/bin/bash
case "$1" in
  sign) set -- "$@" --tlog-upload=false ;;
  verify) set -- "$@" --insecure-ignore-tlog ;;
esac
exec "$NODE" "$CLI" "$@"
`

async function examples(): Promise<readonly (readonly [string, string])[]> {
  const text = await readFile(resolve(import.meta.dirname, '../../docs/keys.md'), 'utf8')
  return text
    .split(/^## /m)
    .flatMap((section) =>
      [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(
        (match) => [section.split('\n', 1)[0] ?? '', match[1] ?? ''] as const,
      ),
    )
    .filter(([section]) => hasTokens || section !== 'Tokens')
}

const id = '1234abcd-12ab-34cd-56ef-1234567890ab'
const key = 'projects/acme/locations/global/keyRings/release/cryptoKeys/app'
const host = 'acme.vault.azure.net'
const scope = 'https://vault.azure.net/.default'
const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' }

function hosts(publicKeyFile: () => Promise<string>): Hosts {
  const kept = { key: testKey('P-256') }
  const azure = { tenant: 't1', client: 'c1', secret: 's1', token: 'azure', scope }
  const region = 'eu-central-1'
  return {
    'kms.eu-central-1.amazonaws.com': awsStandIn({
      region,
      ...credentials,
      now: () => new Date(),
      newKey: () => testKey('P-256'),
      keys: new Map([[id, kept]]),
    }),
    'vault.acme.test': vaultStandIn({ token: 'vault', keys: new Map([['release', [kept]]]) }),
    'login.microsoftonline.com': azureTokens(azure),
    [host]: azureStandIn({ host, token: 'azure', keys: new Map([['release', kept]]) }),
    'cloudkms.googleapis.com': googleStandIn({ token: 'google', keys: new Map([[key, [kept]]]) }),
    'cluster.acme.test': kubernetesStandIn({ token: 'kube', secrets: new Map() }),
    'gitlab.com': gitlabStandIn({ token: 'gitlab', owners: new Map([['projects/acme/app', new Map()]]) }),
    'keys.acme.test': async () => ({ status: 200, body: await publicKeyFile() }),
  }
}

const kubeconfig = (ca: string): string =>
  JSON.stringify({
    'current-context': 'x',
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    clusters: [
      {
        name: 'c',
        cluster: {
          server: 'https://cluster.acme.test',
          'certificate-authority-data': Buffer.from(ca).toString('base64'),
        },
      },
    ],
    users: [{ name: 'u', user: { token: 'kube' } }],
  })

describe('docs/keys.md', () => {
  it('its examples work as written, in their order', { timeout: 180_000 }, async () => {
    await using place = await workspace()
    await using cloud = await serveCloud(hosts(() => place.read('aws.pub')))
    await using metadata = await servePlain(() => ({ status: 200, body: { access_token: 'google' } }))
    using tokens = testTokens()
    if (hasTokens) {
      tokens.newToken('release')
      tokens.newKey('release', { type: 'EC:prime256v1', label: 'app', id: 'a1' })
    }
    const image = await place.image('image', plainImage)
    for (const [name, content] of [
      ['assay', assay],
      ['sigstore-kms-example-kms', kmsPlugin('keys/release')],
    ] as const) {
      // oxlint-disable-next-line no-await-in-loop -- two files
      await chmod(await place.write(name, content), 0o755)
    }
    const env = {
      ...tokens.env,
      ...cloud.env(await place.write('ca.pem', cloud.ca)),
      PATH: `${place.directory}:${process.env['PATH']}`,
      HOME: place.directory,
      NODE: process.execPath,
      CLI: bundledCli,
      IMAGE: image.reference,
      COSIGN_PASSWORD: 'secret',
      PLUGIN_KEY: testKey('P-256').export({ type: 'pkcs8', format: 'pem' }).toString(),
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      VAULT_ADDR: 'https://vault.acme.test',
      VAULT_TOKEN: 'vault',
      AZURE_TENANT_ID: 't1',
      AZURE_CLIENT_ID: 'c1',
      AZURE_CLIENT_SECRET: 's1',
      GCE_METADATA_HOST: metadata.url.replace('http://', ''),
      GITLAB_TOKEN: 'gitlab',
      KUBECONFIG: await place.write('kubeconfig', kubeconfig(cloud.ca)),
      MODULE: tokenModule,
      PIN_FILE: await place.write('pin', tokenPin),
    }
    const sections: string[] = []
    for (const [section, script] of await examples()) {
      // oxlint-disable-next-line no-await-in-loop -- each builds on the ones before
      await run('bash', ['-euo', 'pipefail', '-c', script], { cwd: place.directory, env })
      sections.push(section)
    }
    expect([...new Set(sections)]).toEqual([
      'Key services',
      'Other key services',
      ...(hasTokens ? ['Tokens'] : []),
      'Kubernetes and GitLab',
      'From a web server',
    ])
  })
})
