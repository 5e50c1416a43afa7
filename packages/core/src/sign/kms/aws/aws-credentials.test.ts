import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { awsStandIn, signatureProblem, type AwsStandIn } from '@assay/test-support/key-services/aws'
import { pemOf } from '@assay/test-support/key-services/kept'
import { standInAccess, testKey } from '@assay/test-support/key-services/scenes'
import type { Hosts, StandIn, StandInRequest } from '@assay/test-support/key-services/stand-in'
import type { KeyWay } from '../../keys/key-access.ts'
import { publicKeyPem } from '../../keys/private-key.ts'
import { openSigningKey } from '../../keys/signing-key.ts'
import { createKeptKey } from '../create-kept-key.ts'

const message = Buffer.from('message')
const kept = { key: testKey('P-256') }
const id = '1234abcd-12ab-34cd-56ef-1234567890ab'
const keys = { accessKeyId: 'ASIAROLE', secretAccessKey: 'canary/role', sessionToken: 'canary+role' }

function kms(options: Partial<AwsStandIn> = {}): AwsStandIn {
  const base = { region: 'eu-west-1', ...keys, now: () => new Date() }
  return {
    ...base,
    keys: new Map([
      [id, kept],
      ['alias/release', kept],
    ]),
    ...options,
  }
}

async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'aws-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(directory, name), text)))
  return directory
}

interface Scene {
  readonly env: Readonly<Record<string, string>>
  readonly hosts?: Hosts
  readonly aws?: AwsStandIn
  readonly reference?: string
}

async function signed(scene: Scene, ways: KeyWay[] = [], seen: StandInRequest[] = []): Promise<string> {
  const hosts = { 'kms.eu-west-1.amazonaws.com': awsStandIn(scene.aws ?? kms()), ...scene.hosts }
  const access = standInAccess({ AWS_REGION: 'eu-west-1', ...scene.env }, hosts, { ways, seen })
  const { sign } = await openSigningKey(scene.reference ?? 'awskms:///alias/release', access)
  return publicKeyPem((await sign(message)).publicKey)
}

const served = {
  Code: 'Success',
  AccessKeyId: keys.accessKeyId,
  SecretAccessKey: keys.secretAccessKey,
  Token: keys.sessionToken,
}
const xml = (action: string): string =>
  `<${action}Response><${action}Result><Credentials><AccessKeyId>${keys.accessKeyId}</AccessKeyId><SecretAccessKey>${keys.secretAccessKey}</SecretAccessKey><SessionToken>${keys.sessionToken}</SessionToken></Credentials></${action}Result></${action}Response>`

/** A token service that takes `AssumeRole` of the base keys alone, and `AssumeRoleWithWebIdentity` of one token. */
const sts: StandIn = (request) => {
  const form = new URLSearchParams(request.body.toString())
  const base = {
    region: 'eu-west-1',
    accessKeyId: 'AKIABASE',
    secretAccessKey: 'canary/base',
    now: () => new Date(),
  }
  const isRole = form.get('RoleArn') === 'arn:aws:iam::111122223333:role/release'
  const isKnown =
    form.get('Action') === 'AssumeRole'
      ? signatureProblem(base, request, 'sts') === undefined
      : form.get('WebIdentityToken') === 'canary.web.identity'
  return isRole && isKnown
    ? { status: 200, body: xml(form.get('Action') ?? '') }
    : { status: 403, body: `no: ${request.body.toString()}` }
}

const agent: StandIn = ({ url, headers }) =>
  url.pathname === '/v2/credentials' && headers['authorization'] === 'canary-agent'
    ? { status: 200, body: served }
    : { status: 403, body: {} }

const imds: StandIn = ({ method, url, headers }) => {
  if (method === 'PUT')
    return {
      status: 200,
      body: headers['x-aws-ec2-metadata-token-ttl-seconds'] === '300' ? 'session' : '',
    }
  if (headers['x-aws-ec2-metadata-token'] !== 'session') return { status: 401, body: '' }
  return url.pathname.endsWith('/security-credentials/')
    ? { status: 200, body: 'release-role' }
    : { status: 200, body: served }
}

describe('the credentials of AWS', () => {
  it('come from the environment first', async () => {
    const env = {
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_SESSION_TOKEN: keys.sessionToken,
    }
    expect(await signed({ env })).toBe(pemOf(kept.key))
  })

  it('come from the profile that the environment names, with its region', async () => {
    const text = `[default]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = other\n\n[release]\naws_access_key_id=${keys.accessKeyId}\naws_secret_access_key=${keys.secretAccessKey}\naws_session_token=${keys.sessionToken}\n`
    const home = await folder({
      credentials: text,
      config: '[profile release]\nregion = eu-west-1\n# comment\n',
    })
    const env = {
      AWS_PROFILE: 'release',
      AWS_REGION: '',
      AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'),
      AWS_CONFIG_FILE: join(home, 'config'),
    }
    expect(await signed({ env })).toBe(pemOf(kept.key))
  })

  it('come from a role that the keys of another profile may take on', async () => {
    const config = `[profile base]\naws_access_key_id=AKIABASE\naws_secret_access_key=canary/base\n[profile release]\nrole_arn=arn:aws:iam::111122223333:role/release\nsource_profile=base\n`
    const env = { AWS_PROFILE: 'release', AWS_CONFIG_FILE: join(await folder({ config }), 'config') }
    expect(await signed({ env, hosts: { 'sts.eu-west-1.amazonaws.com': sts } })).toBe(pemOf(kept.key))
  })

  it('come from a web identity', async () => {
    const file = join(await folder({ token: 'canary.web.identity\n' }), 'token')
    const env = { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/release' }
    expect(await signed({ env, hosts: { 'sts.eu-west-1.amazonaws.com': sts } })).toBe(pemOf(kept.key))
  })

  it('G-01: a web identity that is refused is not repeated', async () => {
    const file = join(await folder({ token: 'canary.web.other\n' }), 'token')
    const env = { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/release' }
    const error: unknown = await signed({ env, hosts: { 'sts.eu-west-1.amazonaws.com': sts } }).catch(
      (reason: unknown) => reason,
    )
    expect(error).toMatchObject({ code: 'SERVICE_REFUSED', message: 'AWS STS refused' })
    expect(inspect(error)).not.toContain('canary')
  })

  it('come from a program that the profile names', async () => {
    const home = await folder({
      program: `#!/bin/sh\n[ -z "$COSIGN_PASSWORD" ] && [ "$1" = "two words" ] && echo '${JSON.stringify({ Version: 1, ...served, Token: undefined, SessionToken: keys.sessionToken })}'\n`,
    })
    await chmod(join(home, 'program'), 0o755)
    await writeFile(
      join(home, 'config'),
      `[default]\ncredential_process = ${join(home, 'program')} "two words"\n`,
    )
    const env = { PATH: process.env['PATH'] ?? '', AWS_CONFIG_FILE: join(home, 'config') }
    expect(await signed({ env: { ...env, COSIGN_PASSWORD: 'canary' } })).toBe(pemOf(kept.key))
  })

  it('come from the container, with the token that the platform gave it', async () => {
    const env = {
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials',
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'canary-agent',
    }
    const ways: KeyWay[] = []
    expect(await signed({ env, hosts: { '169.254.170.2': agent } }, ways)).toBe(pemOf(kept.key))
    // Over http nothing else is asked.
    expect(ways.flatMap(({ allowHttp }) => allowHttp ?? [])).toEqual([
      '169.254.170.2',
      '169.254.170.23',
      '[fd00:ec2::23]',
    ])
  })

  it('come from the machine last, which is asked as version 2 has it', async () => {
    expect(await signed({ env: {}, hosts: { '169.254.169.254': imds } })).toBe(pemOf(kept.key))
  })

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['none at all', { AWS_EC2_METADATA_DISABLED: 'true' }, 'there are no credentials'],
    ['a profile that is not there', { AWS_PROFILE: 'nobody' }, 'there is no profile nobody'],
    ['no region', { AWS_REGION: '' }, 'its region is not known'],
    [
      'an endpoint over http',
      { AWS_ENDPOINT_URL_KMS: 'http://kms.acme.test', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
      'is not an https address',
    ],
  ])('are explained where there are none: %s', async (_what, env, words) => {
    await expect(signed({ env })).rejects.toMatchObject({
      code: 'NO_KEY_ACCESS',
      message: expect.stringContaining(words),
    })
  })
})

describe('AWS KMS', () => {
  const env = {
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_SESSION_TOKEN: keys.sessionToken,
  }

  it('waits where it is throttled, and signs each try anew', async () => {
    const seen: StandInRequest[] = []
    expect(await signed({ env, aws: kms({ throttle: { left: 2 } }) }, [], seen)).toBe(pemOf(kept.key))
    expect(seen).toHaveLength(4)
  })

  it('signs with the key that was read, also where its alias moves on', async () => {
    const seen: StandInRequest[] = []
    await signed({ env }, [], seen)
    const asked: readonly { KeyId: string }[] = seen.map(({ body }) => JSON.parse(body.toString()))
    expect(asked.map(({ KeyId }) => KeyId)).toEqual([
      'alias/release',
      `arn:aws:kms:eu-central-1:111122223333:key/${id}`,
    ])
  })

  it.each([
    'mrk-1234abcd12ab34cd56ef1234567890ab',
    'alias/a/../../b',
    'arn:aws:s3:eu-west-1:111122223333:key/x',
    'not-a-key',
    '',
  ])('refuses the reference awskms:///%s', async (name) => {
    const opened = signed({ env, reference: `awskms:///${name}` })
    await expect(opened).rejects.toMatchObject({
      code: name.startsWith('mrk-') ? 'SERVICE_REFUSED' : 'UNSUPPORTED_KEY',
    })
  })

  it('refuses a key that signs with another padding', async () => {
    const aws = kms({
      keys: new Map([
        [id, { key: testKey('rsa') }],
        ['alias/release', kept],
      ]),
      algorithms: ['RSASSA_PSS_SHA_256'],
    })
    await expect(signed({ env, aws, reference: `awskms:///${id}` })).rejects.toMatchObject({
      code: 'UNSUPPORTED_KEY',
      got: 'RSASSA_PSS_SHA_256',
    })
  })

  it('says that a clock is wrong in the words of the service', async () => {
    const aws = kms({ now: () => new Date(Date.now() + 3_600_000) })
    await expect(signed({ env, aws })).rejects.toMatchObject({
      code: 'SERVICE_REFUSED',
      got: expect.stringContaining('Signature expired'),
    })
  })

  it('makes a key under a new alias, and leaves a taken one alone', async () => {
    const fresh = testKey('P-384')
    const aws = kms({ newKey: (spec) => (spec === 'ECC_NIST_P384' ? fresh : testKey('P-256')) })
    const access = standInAccess(
      { AWS_REGION: 'eu-west-1', ...env },
      { 'kms.eu-west-1.amazonaws.com': awsStandIn(aws) },
    )
    const made = await createKeptKey('awskms:///alias/fresh', 'ecdsa-p384', access)
    expect(publicKeyPem(made)).toBe(pemOf(fresh))
    await expect(createKeptKey('awskms:///alias/fresh', 'ecdsa-p384', access)).rejects.toMatchObject({
      code: 'KEY_FILE_EXISTS',
    })
  })
})
