import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRepository, registryTransport } from '@assay/registry'
import { runCli } from '../support/cli.ts'
import { hasDockerRegistry, startDockerRegistry, type DockerRegistry } from '../support/docker-registry.ts'
import { buildImage, pushImage } from '../support/image-builder.ts'
import { testRegistry } from '../support/registry.ts'
import { password, plainImage, releaseIdentity, services, workspace } from '../support/workspace.ts'

describe.skipIf(!hasDockerRegistry)('the CLI against distribution 2.8, which has no referrers API', () => {
  let registry: DockerRegistry
  beforeAll(async () => {
    registry = await startDockerRegistry()
  })
  afterAll(() => registry.stop())

  it('signs, attests, verifies and gates; the unsigned neighbour is refused', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    await place.keys()
    const repository = openRepository(
      { host: registry.host, repository: 'acme/app' },
      { transport: registryTransport() },
    )
    const signedImage = await buildImage(plainImage)
    await pushImage(repository, signedImage, 'signed')
    await pushImage(repository, await buildImage({ ...plainImage, config: { User: '1' } }), 'plain')
    const image = `${registry.host}/acme/app:signed`
    const key = ['--key', place.path('release.key')]
    const sbom = await place.write('sbom.json', '{"bomFormat":"CycloneDX","specVersion":"1.6"}')

    const signed = await runCli(['sign', ...key, ...sigstore.sign, image], { env: password })
    expect(signed).toMatchObject({ code: 0, stderr: '' })
    expect(signed.stdout).toContain(signedImage.descriptor.digest)
    const keyless = ['sign', '--identity-token', sigstore.token, ...sigstore.sign, image]
    expect(await runCli(keyless)).toMatchObject({ code: 0 })
    const attest = ['attest', ...key, '--type', 'cyclonedx', '--predicate', sbom, ...sigstore.sign, image]
    expect(await runCli(attest, { env: password })).toMatchObject({ code: 0 })

    const pub = ['--key', place.path('release.pub')]
    const byDigest = `${registry.host}/acme/app@${signedImage.descriptor.digest}`
    expect(await runCli(['verify', ...pub, ...sigstore.verify, byDigest])).toMatchObject({ code: 0 })
    expect(await runCli(['verify', ...releaseIdentity, ...sigstore.verify, byDigest])).toMatchObject({
      code: 0,
    })
    expect(
      await runCli(['verify', ...pub, '--type', 'cyclonedx', ...sigstore.verify, byDigest]),
    ).toMatchObject({ code: 0 })

    const policy = await place.write('policy.yaml', policyFor(registry.host, await place.read('release.pub')))
    const gate = ['gate', '--policy', policy, ...sigstore.verify]
    const allowed = await runCli([...gate, byDigest])
    expect(allowed.code).toBe(0)
    expect(allowed.stdout.split('\n')[0]).toContain(`ALLOW ${byDigest}`)
    const denied = await runCli([...gate, `${registry.host}/acme/app:plain`])
    expect(denied.code).toBe(1)
    expect(denied.stdout).toMatch(/^DENY /)
    expect(denied.stdout).toContain('NO_SIGNATURE')
    // A policy is about what its globs name, and nothing is allowed by silence.
    const other = await runCli([...gate, '--output', 'json', `${registry.host}/acme/other:1`])
    expect(other.code).not.toBe(0)
    expect(JSON.parse(other.stdout)).toMatchObject({ ok: false })
  })

  it('no such tag and no such repository: could not tell', async () => {
    for (const reference of [`${registry.host}/acme/app:absent`, `${registry.host}/nobody/nothing:1`]) {
      const result = await runCli(['inspect', reference])
      expect(result.code).toBe(3)
      expect(result.stderr).toContain('NOT_FOUND')
    }
  })
})

describe('the CLI and registries that ask who is there', () => {
  it('a wrong password is "unauthorised", not "no signatures"; the right one works; none of them is printed', async () => {
    await using place = await workspace()
    await place.keys()
    const registry = testRegistry({ auth: { kind: 'basic', username: 'robot', password: 'right-canary' } })
    const served = await registry.serve()
    try {
      const line = [
        'verify',
        '--key',
        place.path('release.pub'),
        '--insecure-ignore-tlog',
        `${served.host}/acme/app:1`,
      ]
      const login = ['--registry-username', 'robot', '--registry-password-stdin', '--verbose']
      const wrong = await runCli([...line, ...login], { stdin: 'wrong-canary\n' })
      expect(wrong.code).toBe(3)
      expect(wrong.stderr).toContain('UNAUTHORIZED')
      const right = await runCli([...line, ...login], { stdin: 'right-canary\n' })
      expect(right.code).toBe(3)
      expect(right.stderr).toContain('NOT_FOUND')
      for (const text of [wrong.stdout, wrong.stderr, right.stdout, right.stderr])
        expect(text).not.toContain('canary')
    } finally {
      await served.close()
    }
  })
})

function policyFor(host: string, publicKey: string): string {
  return `apiVersion: assay.dev/v1alpha1
kind: ClusterImagePolicy
metadata: {name: release}
spec:
  images: [{glob: "${host}/acme/app**"}]
  authorities:
    - name: key
      key:
        data: |
          ${publicKey.trimEnd().replaceAll('\n', '\n          ')}
`
}
