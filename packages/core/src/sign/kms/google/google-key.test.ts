import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checksum, googleStandIn, type GoogleStandIn } from '@assay/test-support/key-services/google'
import { pemOf } from '@assay/test-support/key-services/kept'
import { standInAccess, testKey } from '@assay/test-support/key-services/scenes'
import type { Hosts, StandIn } from '@assay/test-support/key-services/stand-in'
import { publicKeyPem } from '../../keys/private-key.ts'
import { openSigningKey } from '../../keys/signing-key.ts'
import { createKeptKey } from '../create-kept-key.ts'
import { crc32c } from './crc32c.ts'

const message = Buffer.from('message')
const [older, newer, newest] = [
  { key: testKey('P-256') },
  { key: testKey('P-256') },
  { key: testKey('P-256') },
]

async function signed(
  reference: string,
  env: Readonly<Record<string, string>>,
  hosts: Hosts,
): Promise<string> {
  const { sign } = await openSigningKey(reference, standInAccess(env, hosts))
  return publicKeyPem((await sign(message)).publicKey)
}

async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'versions-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(directory, name), text)))
  return directory
}

const ring = 'projects/acme/locations/global/keyRings/release'
const metadata: StandIn = ({ headers }) =>
  headers['metadata-flavor'] === 'Google'
    ? { status: 200, body: { access_token: 'ya29.t.....' } }
    : { status: 403, body: '' }

const exchanged: StandIn = ({ url, headers, body }) => {
  if (url.pathname === '/v1/token')
    return new URLSearchParams(body.toString()).get('subject_token') === 'canary.oidc'
      ? { status: 200, body: { access_token: 'federated' } }
      : { status: 400, body: {} }
  return headers['authorization'] === 'Bearer federated'
    ? { status: 200, body: { accessToken: 'ya29.t' } }
    : { status: 403, body: {} }
}
const issuer: StandIn = ({ headers }) =>
  headers['authorization'] === 'bearer request'
    ? { status: 200, body: { value: 'canary.oidc' } }
    : { status: 403, body: '' }

describe('Google Cloud KMS', () => {
  const env = { GCE_METADATA_HOST: '127.0.0.1:1' }
  const disabled = { key: testKey('P-256'), state: 'DISABLED' }
  const many = [older, ...Array.from({ length: 7 }, () => disabled), newer, newest, disabled]
  const hosts = (options: Partial<GoogleStandIn> = {}): Hosts => ({
    '127.0.0.1:1': metadata,
    'cloudkms.googleapis.com': googleStandIn({
      token: 'ya29.t',
      keys: new Map([[`${ring}/cryptoKeys/app`, many]]),
      ...options,
    }),
  })

  it('signs with the newest version that is enabled: ten comes after nine', async () => {
    expect(await signed(`gcpkms://${ring}/cryptoKeys/app`, env, hosts())).toBe(pemOf(newest.key))
  })

  it('signs with the version that is named, in either spelling', async () => {
    expect(await signed(`gcpkms://${ring}/cryptoKeys/app/versions/1`, env, hosts())).toBe(pemOf(older.key))
    expect(await signed(`gcpkms://${ring}/cryptoKeys/app/cryptoKeyVersions/1`, env, hosts())).toBe(
      pemOf(older.key),
    )
  })

  it.each(['pem', 'signature', 'request', 'name'] as const)(
    'notices what changed on its way: %s',
    async (spoilt) => {
      const opened = signed(`gcpkms://${ring}/cryptoKeys/app/versions/1`, env, hosts({ spoilt }))
      await expect(opened).rejects.toMatchObject({ code: 'SERVICE_MISBEHAVED' })
    },
  )

  it('refuses a key that is bound to another hash', async () => {
    const keys = new Map([
      [`${ring}/cryptoKeys/app`, [{ key: testKey('rsa'), algorithm: 'RSA_SIGN_PKCS1_4096_SHA512' }]],
    ])
    const opened = signed(`gcpkms://${ring}/cryptoKeys/app/versions/1`, env, hosts({ keys }))
    await expect(opened).rejects.toMatchObject({ code: 'UNSUPPORTED_KEY', got: 'RSA_SIGN_PKCS1_4096_SHA512' })
  })

  it('takes on the identity of a workload, and with it a service account', async () => {
    const file = {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: 'https://sts.googleapis.com/v1/token',
      service_account_impersonation_url:
        'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a:generateAccessToken',
      credential_source: {
        url: 'https://id.acme.test/token',
        headers: { Authorization: 'bearer request' },
        format: { type: 'json', subject_token_field_name: 'value' },
      },
    }
    const home = await folder({ 'c.json': JSON.stringify(file) })
    const more = {
      'sts.googleapis.com': exchanged,
      'iamcredentials.googleapis.com': exchanged,
      'id.acme.test': issuer,
    }
    const reference = `gcpkms://${ring}/cryptoKeys/app/versions/1`
    const given = { GOOGLE_APPLICATION_CREDENTIALS: join(home, 'c.json') }
    expect(await signed(reference, given, { ...hosts(), ...more })).toBe(pemOf(older.key))
  })

  it('makes a key in a new ring, and leaves one alone that is there', async () => {
    const fresh = testKey('P-384')
    const newKey = (kind: string): typeof fresh => (kind === 'EC_SIGN_P384_SHA384' ? fresh : older.key)
    const access = standInAccess(env, hosts({ keys: new Map(), rings: new Set(), newKey }))
    const reference = `gcpkms://${ring}/cryptoKeys/fresh`
    expect(publicKeyPem(await createKeptKey(reference, 'ecdsa-p384', access))).toBe(pemOf(fresh))
    await expect(createKeptKey(reference, 'ecdsa-p384', access)).rejects.toMatchObject({
      code: 'KEY_FILE_EXISTS',
    })
    await expect(createKeptKey(reference, 'ecdsa-p521', access)).rejects.toMatchObject({
      code: 'UNSUPPORTED_KEY',
    })
  })

  it('sums as RFC 3720 has it', () => {
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(message)).toBe(checksum(message))
  })
})
