import { readFile, stat } from 'node:fs/promises'
import { beforeAll, afterAll, describe, expect, it } from 'vitest'
import { runCli, type CliRun } from '../support/cli.ts'
import { awsStandIn } from '../support/key-services/aws.ts'
import { gitlabStandIn } from '../support/key-services/gitlab.ts'
import { pemOf, type KeptByStandIn } from '../support/key-services/kept.ts'
import { testKey } from '../support/key-services/scenes.ts'
import { serveCloud, type ServedCloud, type StandIn } from '../support/key-services/stand-in.ts'
import { vaultStandIn } from '../support/key-services/vault.ts'
import { plainImage, workspace, type Workspace } from '../support/workspace.ts'

const id = '1234abcd-12ab-34cd-56ef-1234567890ab'
const arn = `arn:aws:kms:eu-central-1:111122223333:key/${id}`
const secrets = {
  AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'canary/secret',
  AWS_SESSION_TOKEN: 'canary+session',
  VAULT_TOKEN: 'canary-vault',
  GITLAB_TOKEN: 'canary-gitlab',
  COSIGN_PASSWORD: 'canary-password',
}

const policy = (key: string): string =>
  `apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {name: kept}\nspec:\n  images: [{glob: "**"}]\n  authorities: [{name: kms, key: {kms: "${key}"}, signatureFormat: bundle}]\n`

/** Says 503 as often as it is told to. */
function busyAtFirst(busy: { left: number }, standIn: StandIn): StandIn {
  return (request) => {
    if (busy.left === 0) return standIn(request)
    busy.left -= 1
    return { status: 503, body: { errors: ['Vault is sealed'] } }
  }
}

describe('keys that services keep, on the command line', () => {
  let place: Workspace
  let cloud: ServedCloud
  let image: { readonly reference: string }
  let shown = ''
  const awsKeys = new Map<string, KeptByStandIn>([[id, { key: testKey('P-384') }]])
  const vaultKeys = new Map<string, readonly KeptByStandIn[]>([
    ['lying', [{ key: testKey('P-256'), otherBytes: true }]],
  ])
  const variables = new Map<string, string>()
  const busy = { left: 0 }

  beforeAll(async () => {
    place = await workspace()
    image = await place.image('image', plainImage)
    const region = 'eu-central-1'
    const keys = {
      accessKeyId: 'AKIAEXAMPLE',
      secretAccessKey: 'canary/secret',
      sessionToken: 'canary+session',
    }
    cloud = await serveCloud({
      'kms.eu-central-1.amazonaws.com': awsStandIn({ region, ...keys, now: () => new Date(), keys: awsKeys }),
      'vault.acme.test': busyAtFirst(
        busy,
        vaultStandIn({
          token: 'canary-vault',
          keys: vaultKeys,
          newKey: () => testKey('P-256'),
        }),
      ),
      'gitlab.com': gitlabStandIn({
        token: 'canary-gitlab',
        owners: new Map([['projects/acme/app', variables]]),
      }),
      'keys.acme.test': ({ url }) =>
        url.pathname === '/release.pub'
          ? { status: 200, body: pemOf(awsKeys.get(id)?.key ?? testKey('P-256')) }
          : { status: 302, body: '', headers: { location: 'http://keys.acme.test/release.pub' } },
    })
    await place.write('ca.pem', cloud.ca)
  })
  afterAll(async () => {
    await cloud[Symbol.asyncDispose]()
    await place[Symbol.asyncDispose]()
  })

  async function assay(...args: readonly string[]): Promise<CliRun> {
    const env = { ...secrets, VAULT_ADDR: 'https://vault.acme.test', ...cloud.env(place.path('ca.pem')) }
    const run = await runCli(args, { env, cwd: place.directory })
    shown += run.stdout + run.stderr
    return run
  }
  const sign = (key: string): Promise<CliRun> =>
    assay('sign', '--verbose', '--key', key, '--tlog-upload=false', image.reference)
  const verify = (key: string, ...more: readonly string[]): Promise<CliRun> =>
    assay('verify', '--key', key, '--insecure-ignore-tlog', ...more, image.reference)

  it('sign and verify; the public half verifies from a web server, too', { timeout: 60_000 }, async () => {
    expect(await sign(`awskms:///${arn}`)).toMatchObject({ code: 0 })
    expect(await verify(`awskms:///${arn}`)).toMatchObject({ code: 0 })
    expect(await verify('https://keys.acme.test/release.pub')).toMatchObject({ code: 0 })
    const moved = await verify('https://keys.acme.test/moved.pub')
    expect([moved.code, moved.stderr]).toEqual([3, expect.stringContaining('a redirect away from https')])
    const offline = await verify(`awskms:///${arn}`, '--offline')
    expect([offline.code, offline.stderr]).toEqual([
      2,
      expect.stringContaining('--offline asks nobody for a key'),
    ])
  })

  it('decide under a policy that names them', { timeout: 60_000 }, async () => {
    await sign(`awskms:///${arn}`)
    await place.write('kept.yaml', policy(`awskms:///${arn}`))
    await place.write('other.yaml', policy('hashivault://none'))
    const other = await assay('gate', '--policy', place.path('other.yaml'), image.reference)
    expect([other.code, other.stdout]).toEqual([3, expect.stringContaining('KEY_UNRESOLVED')])
    const run = await assay('gate', '--policy', place.path('kept.yaml'), image.reference)
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining('ALLOW')])
  })

  it('are made where they stay, and nothing that is there is replaced', { timeout: 60_000 }, async () => {
    const generate = (...more: readonly string[]): Promise<CliRun> =>
      assay('keys', 'generate', ...more, '--output-key-prefix', place.path('made'))
    expect(await generate('--kms', 'hashivault://made')).toMatchObject({ code: 0 })
    expect(await place.read('made.pub')).toBe(pemOf(vaultKeys.get('made')?.[0]?.key ?? testKey('P-256')))
    const asked = await assay('keys', 'public', '--key', 'hashivault://made')
    expect(asked.stdout).toBe(await place.read('made.pub'))
    const again = await generate('--kms', 'hashivault://made')
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('KEY_FILE_EXISTS')])
    const elsewhere = ['keys', 'generate', 'gitlab://acme/app', '--output-key-prefix', place.path('pair')]
    expect(await assay(...elsewhere)).toMatchObject({ code: 0 })
    expect([...variables.keys()]).toEqual(['COSIGN_PASSWORD', 'COSIGN_PRIVATE_KEY', 'COSIGN_PUBLIC_KEY'])
    await expect(stat(place.path('pair.key'))).rejects.toMatchObject({ code: 'ENOENT' })
    const signed = await sign('gitlab://acme/app')
    expect([signed.code, (await verify('gitlab://acme/app')).code]).toEqual([0, 0])
  })

  it('G-10: are asked again while their service is busy, with one token each time', async () => {
    busy.left = 2
    const asked = await assay('keys', 'public', '--key', 'hashivault://lying')
    expect([asked.code, busy.left]).toEqual([0, 0])
    const tokens = cloud.seen.slice(-3).map(({ headers }) => headers['x-vault-token'])
    expect(tokens).toEqual(['canary-vault', 'canary-vault', 'canary-vault'])
  })

  it(
    'that lie sign nothing: nothing is attached, and the service is named',
    { timeout: 60_000 },
    async () => {
      const before = await readFile(place.path('image', 'index.json'), 'utf8')
      const run = await sign('hashivault://lying')
      expect(run.code).toBe(3)
      expect(run.stderr).toContain('Vault gave an unusable answer')
      expect(await readFile(place.path('image', 'index.json'), 'utf8')).toBe(before)
    },
  )

  it('G-01: no secret of a key service is in any output', () => {
    expect(shown).toContain('SIGNED')
    expect(shown).toContain('kms.eu-central-1.amazonaws.com')
    expect(shown).not.toContain('canary')
  })
})
