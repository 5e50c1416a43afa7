import { streamOf, type HttpRequest, type Transport } from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { google } from './google.ts'

/** Answers by path, and keeps what was asked. */
function cloud(answers: Readonly<Record<string, string>>): {
  readonly transport: Transport
  readonly asked: HttpRequest[]
} {
  const asked: HttpRequest[] = []
  const transport: Transport = (request) => {
    asked.push(request)
    const answer = answers[request.url.pathname]
    return Promise.resolve({
      status: answer === undefined ? 403 : 200,
      headers: {},
      body: streamOf(Buffer.from(answer ?? `no: ${request.headers['authorization']}`)),
    })
  }
  return { transport, asked }
}

const ownToken = '/computeMetadata/v1/instance/service-accounts/default/token'
const otherToken = '/v1/projects/-/serviceAccounts/signer%40acme.iam.gserviceaccount.com:generateIdToken'
const env = { GOOGLE_SERVICE_ACCOUNT_NAME: 'signer@acme.iam.gserviceaccount.com' }

describe('another service account of Google Cloud', () => {
  it('is asked for with the token of this one, for the audience and with its address', async () => {
    const { transport, asked } = cloud({
      [ownToken]: '{"access_token":"own-canary","expires_in":3000}',
      [otherToken]: '{"token":"of.the.other"}',
    })
    expect(google.present({ env, transport })).toBe(true)
    expect(await google.token('sigstore', { env, transport })).toBe('of.the.other')
    const [metadata, credentials] = asked
    expect(metadata?.headers).toEqual({ 'metadata-flavor': 'Google' })
    expect(credentials?.url.origin).toBe('https://iamcredentials.googleapis.com')
    expect(credentials?.headers).toMatchObject({ authorization: 'Bearer own-canary' })
    expect(
      JSON.parse(Buffer.from(credentials?.body instanceof Uint8Array ? credentials.body : []).toString()),
    ).toEqual({
      audience: 'sigstore',
      includeEmail: true,
    })
  })

  it('that may not be spoken for is an error, without the token', async () => {
    const { transport } = cloud({ [ownToken]: '{"access_token":"own-canary"}' })
    await expect(google.token('sigstore', { env, transport })).rejects.toMatchObject({
      code: 'SERVICE_REFUSED',
      got: expect.not.stringContaining('own-canary'),
    })
  })
})

describe('a machine of Google Cloud without a service account', () => {
  it('has no identity, and says so', async () => {
    await expect(google.token('sigstore', { env: {}, transport: notFound })).rejects.toMatchObject({
      code: 'NO_IDENTITY',
      message: expect.stringContaining('service account'),
    })
  })
})

const notFound: Transport = () =>
  Promise.resolve({ status: 404, headers: {}, body: streamOf(Buffer.from('no account')) })
