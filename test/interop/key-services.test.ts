import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  openPublicKey,
  openSigningKey,
  parseBundle,
  publicKeyPem,
  signBlob,
  verifyBundle,
  type KeyAccess,
} from '@assay/core'
import { digestOf, serviceTransport } from '@assay/registry'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCosign } from '../support/cosign.ts'
import { complaintOf } from '../support/interop-scene.ts'
import { cosigns, keyPlugin } from '../support/interop-tools.ts'
import { awsStandIn } from '../support/key-services/aws.ts'
import { standInAccess, testKey, type TestKey } from '../support/key-services/scenes.ts'
import { serveCloud, type ServedCloud } from '../support/key-services/stand-in.ts'
import { vaultStandIn } from '../support/key-services/vault.ts'
import { virtualSigstore } from '../support/sigstore/virtual-sigstore.ts'

const content = Buffer.from('the bytes of a release\n')
const [, v3] = cosigns[0] ?? []
const services = ['--signing-config', 'config.json', '--trusted-root', 'root.json']
let home = ''

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'keys-'))
  await writeFile(join(home, 'app.tar'), content)
  const sigstore = virtualSigstore()
  await writeFile(join(home, 'root.json'), sigstore.trustedRoot)
  const served = await sigstore.serve()
  await writeFile(join(home, 'config.json'), served.signingConfig({ rekor: 'none', timestamps: false }))
  await served.close()
})
afterAll(() => rm(home, { recursive: true }))

interface SharedKey {
  readonly reference: string
  readonly env: Readonly<Record<string, string>>
  readonly access: KeyAccess
}

/** One key with one public half; a file that cosign or we sign is verified by the other. */
async function bothWays({ reference, env, access }: SharedKey): Promise<void> {
  const run = (...args: readonly string[]): ReturnType<typeof runCosign> =>
    runCosign(v3 ?? '', args, { home, env })
  const key = await openPublicKey(reference, access)
  expect((await run('public-key', '--key', reference)).output).toContain(publicKeyPem(key).trim())
  const signer = await openSigningKey(reference, access)
  const ours = await signBlob(content, { signer: signer.sign, witnesses: [], now: () => new Date() })
  await writeFile(join(home, 'ours.json'), ours.bundle)
  const flags = ['--key', reference, '--bundle']
  expect(
    complaintOf(await run('verify-blob', ...flags, 'ours.json', '--insecure-ignore-tlog', 'app.tar')),
  ).toBe('')
  const sign = ['sign-blob', ...flags, 'theirs.json', '-y', ...services, 'app.tar']
  expect(complaintOf(await run(...sign))).toBe('')
  const proof = await verifyBundle(parseBundle(await readFile(join(home, 'theirs.json'))), {
    keys: [key],
    subject: digestOf(content),
    artifact: content,
    source: { kind: 'file', format: 'bundle' },
    now: new Date(),
    transparencyLog: 'insecure-ignore',
    sct: 'require',
  })
  expect(proof.content.kind).toBe('blob')
}

const plugin = 'example://keys/release'

function pluginEnvironment(kind: TestKey): Readonly<Record<string, string>> {
  return {
    PATH: `${keyPlugin}:${process.env['PATH']}`,
    PLUGIN_KEY: testKey(kind).export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

describe.skipIf(keyPlugin === undefined || v3 === undefined)(
  'a key plugin built with the library of Sigstore',
  () => {
    it.each<TestKey>(['P-256', 'P-384', 'P-521', 'rsa', 'ed25519', 'ed25519ph'])(
      'signs for us with %s what its public key verifies',
      async (kind) => {
        const { sign, publicKey } = await openSigningKey(plugin, standInAccess(pluginEnvironment(kind), {}))
        const { publicKey: signed } = await sign(content, { hashOnly: kind === 'ed25519ph' })
        expect(signed.keyId).toBe(publicKey.keyId)
      },
    )

    it('is refused in its own words', async () => {
      const opened = openSigningKey('example://keys/other', standInAccess(pluginEnvironment('P-256'), {}))
      await expect(opened).rejects.toMatchObject({ code: 'KEY_PLUGIN_FAILED', got: 'no such key' })
    })

    it('signs for cosign and for us, and each verifies what the other signed', async () => {
      const env = pluginEnvironment('P-256')
      await bothWays({ reference: plugin, env, access: standInAccess(env, {}) })
      expect.hasAssertions()
    })
  },
)

const id = '1234abcd-12ab-34cd-56ef-1234567890ab'
const kept = { key: testKey('P-256') }
const region = 'eu-central-1'
const aws = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session' }

// The libraries of the vendors, which cosign is built with, tell whether the stand-ins speak as the services do.
describe.skipIf(v3 === undefined)('the stand-ins for key services', () => {
  let cloud: ServedCloud
  beforeAll(async () => {
    cloud = await serveCloud({
      'kms.eu-central-1.amazonaws.com': awsStandIn({
        region,
        ...aws,
        now: () => new Date(),
        keys: new Map([[id, kept]]),
      }),
      'vault.acme.test': vaultStandIn({ token: 't', keys: new Map([['release', [kept]]]) }),
    })
    await writeFile(join(home, 'ca.pem'), cloud.ca)
  })
  afterAll(() => cloud[Symbol.asyncDispose]())

  it.each([
    ['AWS KMS', `awskms:///arn:aws:kms:eu-central-1:111122223333:key/${id}`],
    ['Vault', 'hashivault://release'],
  ])('serve cosign and us alike: %s', async (_name, reference) => {
    const env = {
      AWS_ACCESS_KEY_ID: aws.accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.secretAccessKey,
      AWS_SESSION_TOKEN: aws.sessionToken,
      AWS_REGION: region,
      VAULT_ADDR: 'https://vault.acme.test',
      VAULT_TOKEN: 't',
      SSL_CERT_FILE: join(home, 'ca.pem'),
      ...cloud.env(join(home, 'ca.pem')),
    }
    const connection = { ca: [cloud.ca], proxyEnvironment: env }
    const access = { ...standInAccess(env, {}), connect: () => serviceTransport({ connection }) }
    await bothWays({ reference, env, access })
    expect.hasAssertions()
  })
})
