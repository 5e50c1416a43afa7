import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { KeyAccess, KeyWay } from '@assay/core'
import { awsStandIn } from './aws.ts'
import { azureStandIn, azureTokens } from './azure.ts'
import { googleStandIn, googleTokens } from './google.ts'
import type { KeptByStandIn } from './kept.ts'
import { standInTransport, type Hosts, type StandInRequest } from './stand-in.ts'
import { vaultStandIn } from './vault.ts'

/** A service that keeps one key under a name, the environment that opens it, and its secrets. */
export interface KeyScene {
  readonly name: string
  readonly reference: string
  readonly env: Readonly<Record<string, string>>
  readonly hosts: (kept: KeptByStandIn) => Hosts
  /** The host that signs, for tests in which it is down or talks nonsense. */
  readonly host: string
  readonly algorithms: readonly TestKey[]
  /** What no output may hold. */
  readonly secrets: readonly string[]
}

export type TestKey = 'P-256' | 'P-384' | 'P-521' | 'rsa' | 'ed25519' | 'ed25519ph'

export function testKey(kind: TestKey): KeyObject {
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  if (kind === 'ed25519' || kind === 'ed25519ph') return generateKeyPairSync('ed25519').privateKey
  return generateKeyPairSync('ec', { namedCurve: kind }).privateKey
}

const now = (): Date => new Date()
const ring = 'projects/acme/locations/global/keyRings/release'
const account = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const googleCredentials = {
  type: 'service_account',
  client_email: 'release@acme.test',
  private_key_id: 'k1',
  private_key: account.export({ type: 'pkcs8', format: 'pem' }),
  token_uri: 'https://oauth2.googleapis.com/token',
}
export const googleCredentialsFile = JSON.stringify(googleCredentials)

const vault: KeyScene = {
  name: 'Vault',
  reference: 'hashivault://release',
  env: { VAULT_ADDR: 'https://vault.acme.test', VAULT_TOKEN: 'hvs.canary-token', VAULT_NAMESPACE: 'team' },
  host: 'vault.acme.test',
  hosts: (kept) => ({
    'vault.acme.test': vaultStandIn({
      token: 'hvs.canary-token',
      namespace: 'team',
      keys: new Map([['release', [kept]]]),
    }),
  }),
  algorithms: ['P-256', 'P-384', 'P-521', 'rsa', 'ed25519'],
  secrets: ['hvs.canary-token'],
}

const id = '1234abcd-12ab-34cd-56ef-1234567890ab'
const aws: KeyScene = {
  name: 'AWS KMS',
  reference: `awskms:///arn:aws:kms:eu-central-1:111122223333:key/${id}`,
  env: {
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'canary/secret',
    AWS_SESSION_TOKEN: 'canary+session',
  },
  host: 'kms.eu-central-1.amazonaws.com',
  hosts: (kept) => ({
    'kms.eu-central-1.amazonaws.com': awsStandIn({
      region: 'eu-central-1',
      accessKeyId: 'AKIAEXAMPLE',
      secretAccessKey: 'canary/secret',
      sessionToken: 'canary+session',
      now,
      keys: new Map([[id, kept]]),
    }),
  }),
  algorithms: ['P-256', 'P-384', 'P-521', 'rsa', 'ed25519', 'ed25519ph'],
  secrets: ['canary/secret', 'canary+session'],
}

const google: KeyScene = {
  name: 'Google Cloud KMS',
  reference: `gcpkms://${ring}/cryptoKeys/app/versions/1`,
  env: { GOOGLE_APPLICATION_CREDENTIALS: 'credentials.json' },
  host: 'cloudkms.googleapis.com',
  hosts: (kept) => ({
    'oauth2.googleapis.com': googleTokens({
      email: 'release@acme.test',
      key: account,
      token: 'ya29.canary',
      now,
    }),
    'cloudkms.googleapis.com': googleStandIn({
      token: 'ya29.canary',
      keys: new Map([[`${ring}/cryptoKeys/app`, [kept]]]),
    }),
  }),
  algorithms: ['P-256', 'P-384', 'rsa', 'ed25519'],
  secrets: ['ya29.canary', googleCredentials.private_key.toString().split('\n')[1] ?? ''],
}

const azure: KeyScene = {
  name: 'Azure Key Vault',
  reference: 'azurekms://acme.vault.azure.net/release',
  env: { AZURE_TENANT_ID: 'tenant-1', AZURE_CLIENT_ID: 'client-1', AZURE_CLIENT_SECRET: 'canary~secret' },
  host: 'acme.vault.azure.net',
  hosts: (kept) => ({
    'login.microsoftonline.com': azureTokens({
      tenant: 'tenant-1',
      client: 'client-1',
      secret: 'canary~secret',
      token: 'canary-azure-token',
      scope: 'https://vault.azure.net/.default',
    }),
    'acme.vault.azure.net': azureStandIn({
      host: 'acme.vault.azure.net',
      token: 'canary-azure-token',
      keys: new Map([['release', kept]]),
    }),
  }),
  algorithms: ['P-256', 'P-384', 'P-521', 'rsa'],
  secrets: ['canary~secret', 'canary-azure-token'],
}

/** Every key service that has a driver of its own. */
export const keyScenes: readonly KeyScene[] = [vault, aws, google, azure]

/** What a driver may reach for: these hosts, and nothing else. */
export function standInAccess(
  env: Readonly<Record<string, string>>,
  hosts: Hosts,
  options: { readonly seen?: StandInRequest[]; readonly ways?: KeyWay[]; readonly now?: () => Date } = {},
): KeyAccess {
  return {
    env: { HOME: '/nonexistent', ...env },
    password: async () => '',
    signal: new AbortController().signal,
    now: options.now ?? now,
    connect: (way) => {
      if (way !== undefined) options.ways?.push(way)
      return standInTransport(hosts, options.seen)
    },
  }
}
