import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { virtualSigstore } from '../support/sigstore/virtual-sigstore.ts'
import { runCli, type CliRun } from '../support/cli.ts'
import { trustRootDocument } from '../support/trust-root-document.ts'
import { password, plainImage, services, workspace, type Workspace } from '../support/workspace.ts'
import type { ImageDescription } from '../support/image-builder.ts'

/** A policy of our own kind about every image. */
function policy(spec: string, version = 'assay.dev/v1alpha1'): string {
  return `apiVersion: ${version}\nkind: ClusterImagePolicy\nmetadata:\n  name: release\nspec:\n  images:\n    - glob: '**'\n${spec}`
}

const identity = `
  authorities:
    - name: ci
      keyless:
        identities:
          - issuer: https://id.acme.test
            subject: release@acme.test
`
const endless = ['a', 'b', 'c', 'd', 'e']
  .map((name) => `[${Array.from({ length: 60 }, (_, index) => index).join(', ')}].all(${name}, `)
  .join('')

async function gate(
  place: Workspace,
  text: string,
  args: readonly string[],
): Promise<CliRun & { readonly document?: { readonly ok: boolean; readonly verdict: string } }> {
  const file = await place.write('policy.yaml', text)
  const run = await runCli(['gate', '--policy', file, ...args])
  return args.includes('json') ? { ...run, document: JSON.parse(run.stdout) } : run
}

describe('assay gate', () => {
  it('allows what the policy wants, and names the digest to deploy', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    await runCli(['sign', '--identity-token', sigstore.token, ...sigstore.sign, image.reference])
    const run = await gate(place, policy(identity), [...sigstore.verify, image.reference])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout.split('\n')[0]).toBe(`ALLOW ${image.reference}@${image.descriptor.digest}`)
    const json = await gate(place, policy(identity), [...sigstore.verify, '-o', 'json', image.reference])
    expect(json).toMatchObject({
      code: 0,
      document: {
        schema: 'assay.gate/v1',
        ok: true,
        verdict: 'allow',
        decisions: [{ deploy: `${image.reference}@${image.descriptor.digest}` }],
      },
    })
  })

  it('denies with the reasons first, a line each', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    const token = sigstore.sigstore.identityToken({
      subject: 'evil@acme.test',
      issuer: 'https://id.acme.test',
    })
    await runCli(['sign', '--identity-token', token, ...sigstore.sign, image.reference])
    const run = await gate(place, policy(identity), [...sigstore.verify, image.reference])
    expect(run.code).toBe(1)
    expect(run.stdout.split('\n').slice(0, 2)).toEqual([
      `DENY ${image.reference}@${image.descriptor.digest}`,
      '  because    release, ci: subject evil@acme.test is not release@acme.test [IDENTITY_MISMATCH]',
    ])
    const json = await gate(place, policy(identity), [...sigstore.verify, '--output=json', image.reference])
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      verdict: 'deny',
      decisions: [{ deploy: null }],
    })
    const nothing = await gate(place, policy(identity), [
      ...sigstore.verify,
      (await place.image('unsigned', plainImage)).reference,
    ])
    expect(nothing.code).toBe(1)
    expect(nothing.stdout).toContain(
      'because    release, ci: no signature of this image counts [NO_SIGNATURE]',
    )
  })

  it('runs CEL and CUE in a thread of its own, and gives up on a program that does not end', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    await place.keys()
    const sbom = await place.write('sbom.json', '{"bomFormat":"CycloneDX","specVersion":"1.6"}')
    const key = ['--key', place.path('release.key')]
    await runCli(
      ['attest', ...key, '--type', 'cyclonedx', '--predicate', sbom, ...sigstore.sign, image.reference],
      { env: password },
    )
    const pem = (await place.read('release.pub')).trim().replaceAll('\n', '\n            ')
    const withProgram = (program: string): string =>
      policy(`
  authorities:
    - key:
        data: |
            ${pem}
      ctlog:
        url: https://rekor.sigstore.test
      attestations:
        - name: sbom
          predicateType: https://cyclonedx.org/bom
          policy:
            type: cel
            data: '${program}'
`)
    const ask = (program: string): Promise<CliRun> =>
      gate(place, withProgram(program), [...sigstore.verify, image.reference])
    expect(await ask('predicate.bomFormat == "CycloneDX"')).toMatchObject({ code: 0, stderr: '' })
    const no = await ask('predicate.specVersion == "1.7"')
    expect(no.code).toBe(1)
    expect(no.stdout).toContain('[PROGRAM_REFUSED]')
    const inCue = await gate(
      place,
      withProgram('predicate: bomFormat: "CycloneDX"').replace('type: cel', 'type: cue'),
      [...sigstore.verify, image.reference],
    )
    expect(inCue).toMatchObject({ code: 0, stderr: '' })
    const late = await ask(`${endless}true${')'.repeat(5)}`)
    expect(late.code).toBe(3)
    expect(late.stdout).toMatch(/^UNDECIDED .*\n {2}because {4}.*did not end within 2000 ms/)
  })

  it('looks into the image itself where the policy wants it distroless', async () => {
    await using place = await workspace()
    const shell: ImageDescription = {
      layers: [{ entries: [{ kind: 'file', path: 'bin/sh', content: '\u007fELF', mode: 0o755 }] }],
    }
    const distroless = policy('\n  inspect:\n    distroless: strict\n')
    const good = await place.image('good', plainImage)
    expect(await gate(place, distroless, [good.reference])).toMatchObject({ code: 0 })
    const bad = await place.image('bad', shell)
    const run = await gate(place, distroless, [bad.reference])
    expect(run.code).toBe(1)
    expect(run.stdout).toMatch(/because {4}release, distroless: strict: .*bin\/sh.* \[NOT_DISTROLESS\]/)
  })

  it('takes trust from a TrustRoot document, and cannot tell without it', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    await runCli(['sign', '--identity-token', sigstore.token, ...sigstore.sign, image.reference])
    const named = policy(`${identity.replace('keyless:', 'keyless:\n        trustRootRef: mine')}
      ctlog:
        url: https://rekor.sigstore.test
        trustRootRef: mine
`)
    const root = await place.write('root.yaml', trustRootDocument(sigstore.sigstore.trustedRoot))
    const other = await place.write('other.yaml', trustRootDocument(virtualSigstore().trustedRoot))
    expect(await gate(place, named, ['--policy', root, image.reference])).toMatchObject({
      code: 0,
      stderr: '',
    })
    expect(await gate(place, named, ['--policy', other, image.reference])).toMatchObject({ code: 1 })
    const without = await gate(place, named, [image.reference])
    expect(without.code).toBe(3)
    expect(without.stdout).toContain('[TRUST_ROOT_UNRESOLVED]')
  })

  it('a registry that hangs: undecided before --timeout is long over', async () => {
    await using place = await workspace()
    const server = createServer(() => undefined)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    try {
      const started = performance.now()
      const run = await gate(place, policy(identity), [
        '--timeout=1s',
        '-o',
        'json',
        `127.0.0.1:${port}/acme/app:1`,
      ])
      expect(performance.now() - started).toBeLessThan(5000)
      expect(run).toMatchObject({ code: 3, document: { ok: false, verdict: 'undecided' } })
    } finally {
      server.close()
    }
  })

  it('a policy with problems: all of them, each with line and column, and nothing is decided', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    const wrong = policy('  mode: enforced\n  authorities:\n    - keyles: {}\n')
    const run = await gate(place, wrong, [image.reference])
    expect(run.code).toBe(2)
    expect(run.stdout).toBe('')
    expect(run.stderr).toContain(`${place.path('policy.yaml')}:8:9: `)
    expect(run.stderr).toContain(
      `${place.path('policy.yaml')}:10:7: unknown field: spec.authorities[0].keyles`,
    )
    expect(run.stderr).toContain('[INVALID_POLICY]')
    expect(run.stderr).not.toMatch(/\n\s+at .*\.js:\d/)
    const json = await runCli(['gate', '--policy', place.path('policy.yaml'), '-o', 'json', image.reference])
    expect(json.code).toBe(2)
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, error: { code: 'INVALID_POLICY' } })
  })
})
