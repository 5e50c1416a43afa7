import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { mkdir } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { runCli } from '../support/cli.ts'
import { rootOf, signed, tufKey } from '../support/tuf-repository.ts'
import { password, plainImage, workspace } from '../support/workspace.ts'

/** A server that asks everybody for a password, and remembers who came. */
async function baited(
  work: (host: string, seen: readonly IncomingMessage[]) => Promise<void>,
): Promise<void> {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    response.writeHead(401, { 'www-authenticate': 'Basic realm="bait"' }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  try {
    await work(`127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, seen)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** What `gate` says to a policy about an image, for somebody with a password for that host. */
async function askWith(host: string, policy: string): Promise<{ code: number | null; text: string }> {
  await using place = await workspace()
  const { reference } = await place.image('image', plainImage)
  await place.keys()
  // Only where something is signed, somebody needs to know whom to trust.
  const key = ['--key', place.path('release.key'), '--tlog-upload=false']
  expect(await runCli(['sign', ...key, reference], { env: password })).toMatchObject({ code: 0 })
  await mkdir(place.path('docker'))
  const auth = Buffer.from('me:secret').toString('base64')
  await place.write('docker/config.json', JSON.stringify({ auths: { [host]: { auth } } }))
  const file = await place.write('policy.yaml', policy)
  const env = { DOCKER_CONFIG: place.path('docker'), ASSAY_TOKEN: 'secret', GITHUB_TOKEN: 'secret' }
  const { code, stdout, stderr } = await runCli(['gate', '--policy', file, reference], { env })
  return { code, text: stdout + stderr }
}

const head = `apiVersion: policy.sigstore.dev/v1beta1
kind: ClusterImagePolicy
metadata: {name: p}
`

describe('B-39 addresses that a policy names', () => {
  test('a trust root is fetched without any credential of this machine', async () => {
    await baited(async (host, seen) => {
      const key = tufKey()
      const root = signed(rootOf({ keys: [key] }), [key]).toString('base64')
      const { code } = await askWith(
        host,
        `${head}spec:
  images: [{glob: '**'}]
  authorities:
  - keyless: {trustRootRef: mine, identities: [{issuer: 'https://a.example', subject: 'https://b.example'}]}
---
apiVersion: policy.sigstore.dev/v1alpha1
kind: TrustRoot
metadata: {name: mine}
spec: {remote: {mirror: 'http://${host}', root: ${root}}}
`,
      )
      expect([1, 3]).toContain(code)
      expect(seen.length).toBeGreaterThan(0)
      expect(seen.flatMap(({ rawHeaders }) => rawHeaders).join('\n')).not.toMatch(
        /authorization|cookie|secret|bWU6c2VjcmV0/i,
      )
    })
  })

  test('a program is fetched without any credential of this machine, and a 401 lets nothing through', async () => {
    await baited(async (host, seen) => {
      const { code, text } = await askWith(
        host,
        `${head}spec:
  images: [{glob: '**'}]
  authorities: [{name: a, static: {action: pass}}]
  policy: {type: cue, remote: {url: 'http://${host}/x', sha256sum: '${'0'.repeat(64)}'}}
`,
      )
      expect(code).toBe(3)
      expect(text).toContain('PROGRAM_UNRESOLVED')
      expect(seen.map(({ url }) => url)).toEqual(['/x'])
      expect(seen.flatMap(({ rawHeaders }) => rawHeaders).join('\n')).not.toMatch(
        /authorization|cookie|secret|bWU6c2VjcmV0/i,
      )
    })
  })
})
