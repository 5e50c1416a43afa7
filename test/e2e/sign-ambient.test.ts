import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createHttp2Server, type Http2Server } from 'node:http2'
import { once } from 'node:events'
import { chmod } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runCli, type CliRun } from '../support/cli.ts'
import { plainImage, releaseIdentity, services, workspace, type Workspace } from '../support/workspace.ts'

type Asked = { readonly url: string; readonly headers: IncomingMessage['headers']; readonly body: string }

/** Answers every request with the same text, on a free port of this machine. */
async function standIn(answer: string): Promise<{ readonly url: string; readonly asked: readonly Asked[] }> {
  const asked: Asked[] = []
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      asked.push({
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      })
      response.end(answer)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${portOf(server.address())}`, asked }
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

interface Scene {
  readonly token: string
  readonly sign: (env: Readonly<Record<string, string>>, flags?: readonly string[]) => Promise<CliRun>
  readonly place: Workspace
}

/** Signs with what the environment offers; where that succeeds, the identity of the token verifies, else nothing. */
async function withScene(act: (scene: Scene) => Promise<CliRun>): Promise<CliRun> {
  await using place = await workspace()
  await using sigstore = await services(place)
  const image = await place.image('image', plainImage)
  const run = await act({
    token: sigstore.token,
    place,
    sign: (env, flags = []) => runCli(['sign', ...flags, ...sigstore.sign, image.reference], { env }),
  })
  const verified = await runCli(['verify', ...releaseIdentity, ...sigstore.verify, image.reference])
  expect(verified.code === 0).toBe(run.code === 0)
  return run
}

describe('identities that the machine hands out', () => {
  it('SIGSTORE_ID_TOKEN, as GitLab sets it', async () => {
    expect(await withScene(({ token, sign }) => sign({ SIGSTORE_ID_TOKEN: token }))).toMatchObject({
      code: 0,
    })
  })

  it('GitHub Actions: for the audience sigstore, with the bearer token of the job', async () => {
    await withScene(async ({ token, sign }) => {
      const { url, asked } = await standIn(JSON.stringify({ value: token }))
      const run = await sign({
        GITHUB_ACTIONS: 'true',
        ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'job-canary',
      })
      expect(run).toMatchObject({ code: 0, stderr: '' })
      expect(asked).toMatchObject([
        { url: '/token?api-version=2.0&audience=sigstore', headers: { authorization: 'Bearer job-canary' } },
      ])
      return run
    })
  })

  it('GitHub Actions without the permission says which one is missing', async () => {
    const run = await withScene(({ sign }) => sign({ GITHUB_ACTIONS: 'true' }))
    expect(run.code).toBe(2)
    expect(run.stderr).toContain('id-token: write')
  })

  it('Buildkite: by the agent API', async () => {
    await withScene(async ({ token, sign }) => {
      const { url, asked } = await standIn(JSON.stringify({ token }))
      const run = await sign({
        BUILDKITE_AGENT_ACCESS_TOKEN: 'agent-canary',
        BUILDKITE_AGENT_ENDPOINT: `${url}/v3`,
        BUILDKITE_JOB_ID: '018f-a1',
      })
      expect(run).toMatchObject({ code: 0, stderr: '' })
      expect(asked).toMatchObject([
        {
          url: '/v3/jobs/018f-a1/oidc/tokens',
          headers: { authorization: 'Token agent-canary' },
          body: '{"audience":"sigstore"}',
        },
      ])
      return run
    })
  })

  it('Google: by the metadata server', async () => {
    await withScene(async ({ token, sign }) => {
      const { url, asked } = await standIn(token)
      const run = await sign({ GCE_METADATA_HOST: new URL(url).host })
      expect(run).toMatchObject({ code: 0, stderr: '' })
      expect(asked).toMatchObject([
        {
          url: '/computeMetadata/v1/instance/service-accounts/default/identity?audience=sigstore&format=full',
          headers: { 'metadata-flavor': 'Google' },
        },
      ])
      return run
    })
  })

  it('CircleCI: by its own program, which sees no secret of others', async () => {
    await withScene(async ({ token, sign, place }) => {
      const answered = `[ "$*" = 'run oidc get --claims {"aud":"sigstore"}' ] && echo '${token}'`
      const script = `#!/bin/sh\nenv > "${place.path('seen')}"\n${answered}\n`
      await chmod(await place.write('circleci', script), 0o755)
      const job = { CIRCLECI: 'true', CIRCLE_JOB: 'release', AWS_SECRET_ACCESS_KEY: 'canary' }
      const run = await sign({ ...job, PATH: `${place.directory}:${process.env['PATH']}` })
      expect(run).toMatchObject({ code: 0, stderr: '' })
      const seen = await place.read('seen')
      expect(seen).toContain('CIRCLE_JOB=release\n')
      expect(seen).not.toContain('canary')
      return run
    })
  })

  for (const [title, listenAt] of [
    ['a socket', (place: Workspace) => place.path('api.sock')],
    ['a port', () => ({ port: 0, host: '127.0.0.1' })],
  ] as const) {
    it(`SPIFFE: by the workload API at ${title}`, async () => {
      await withScene(async ({ token, sign, place }) => {
        const server = workloadApi(token)
        server.listen(listenAt(place))
        await once(server, 'listening')
        const address = server.address()
        const endpoint =
          typeof address === 'string' ? `unix://${address}` : `tcp://127.0.0.1:${portOf(address)}`
        try {
          const run = await sign({ SPIFFE_ENDPOINT_SOCKET: endpoint })
          expect(run).toMatchObject({ code: 0, stderr: '' })
          return run
        } finally {
          server.close()
        }
      })
    })
  }

  it('SPIFFE: an endpoint of another machine is not asked', async () => {
    const run = await withScene(({ sign }) => sign({ SPIFFE_ENDPOINT_SOCKET: 'tcp://192.0.2.1:8000' }))
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('of this machine') })
  })

  it('a provider that is here and fails ends it: nobody signs under another name', async () => {
    await withScene(async ({ token, sign }) => {
      const { url } = await standIn(token)
      const run = await sign({
        ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:9/token',
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'job-canary',
        GCE_METADATA_HOST: new URL(url).host,
      })
      expect(run.code).toBe(3)
      expect(run.stderr).toContain('SERVICE_UNREACHABLE')
      expect(run.stdout + run.stderr).not.toContain('canary')
      return run
    })
  })

  it('without any there is a hint, and --oidc-disable-ambient-providers asks nobody', async () => {
    const none = await withScene(({ sign }) => sign({}))
    expect(none.code).toBe(2)
    expect(none.stderr).toContain('NO_IDENTITY')
    const off = await withScene(({ token, sign }) =>
      sign({ SIGSTORE_ID_TOKEN: token }, ['--oidc-disable-ambient-providers']),
    )
    expect(off.code).toBe(2)
  })
})

/** SpiffeWorkloadAPI, as far as tokens for the audience sigstore go. */
function workloadApi(token: string): Http2Server {
  const server = createHttp2Server()
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      const asked = Buffer.concat(chunks).subarray(5).toString('latin1')
      const right = headers['workload.spiffe.io'] === 'true' && asked === '\n\bsigstore'
      stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': right ? '0' : '3' }))
      const id = lengthDelimited(1, Buffer.from('spiffe://acme.test/release'))
      const svid = Buffer.concat([id, lengthDelimited(2, Buffer.from(token))])
      const message = lengthDelimited(1, svid)
      const head = Buffer.alloc(5)
      head.writeUInt32BE(message.byteLength, 1)
      stream.end(Buffer.concat([head, message]))
    })
  })
  return server
}

function lengthDelimited(number: number, content: Buffer): Buffer {
  const length: number[] = []
  for (let rest = content.byteLength; ; rest >>= 7) {
    if (rest < 0x80) {
      length.push(rest)
      break
    }
    length.push((rest & 0x7f) | 0x80)
  }
  return Buffer.concat([Buffer.of((number << 3) | 2, ...length), content])
}
