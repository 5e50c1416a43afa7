import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli, type CliRun } from '../support/cli.ts'
import { corpus } from '../support/corpora.ts'

const images = corpus('github-signed-images')
const trust = corpus('trust')
const folder = (version: string): string => join(images ?? '', version, 'container_workflow_dispatch')
const digestOf = async (version: string): Promise<string> =>
  (await readFile(`${folder(version)}.digest`, 'utf8')).trim()
const issuer = 'https://token.actions.githubusercontent.com'
const signer = (version: string): string =>
  `https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml@refs/tags/${version}`

describe.skipIf(images === undefined || trust === undefined)(
  'real images, built and signed by GitHub Actions',
  () => {
    let copy = ''
    beforeAll(async () => {
      copy = await mkdtemp(join(tmpdir(), 'assay-corpus-'))
    })
    afterAll(() => rm(copy, { recursive: true, force: true }))

    for (const [version, commit] of [
      ['v1.5.0', '63d4b1ff9c0e93006cf1768314cf1d0675a33b88'],
      ['v1.10.0', 'd37a7f740ee7404914456f24dcd90e865a0509e8'],
      ['v2.1.0', '4d329c75e7ec1725f7c9ce917a8799d408d06be3'],
    ] as const) {
      it(`${version}: its provenance verifies and names repository and commit`, async () => {
        const result = await verify(version)
        expect(result).toMatchObject({ code: 0, stderr: '' })
        expect(result.stdout).toContain('https://github.com/slsa-framework/example-package')
        expect(result.stdout).toContain(commit)
      })
    }

    it.runIf(process.platform === 'linux')(
      'verifies in a network namespace without any network',
      async () => {
        expect(await verify('v1.10.0', { wrapper: ['unshare', '-rn'] })).toMatchObject({ code: 0 })
      },
    )

    it('another identity and another issuer are refused, each by its own check', async () => {
      const identity = await verify('v1.10.0', { identity: signer('v1.10.1') })
      expect(identity.code).toBe(1)
      expect(identity.stdout).toContain('IDENTITY_MISMATCH')
      const other = await verify('v1.10.0', { from: `${issuer}/` })
      expect(other.code).toBe(1)
      expect(other.stdout).toContain('ISSUER_MISMATCH')
    })

    it('one flipped byte in the image index, the attestation manifest or the envelope is refused with its check', async () => {
      const { manifests } = JSON.parse(await readFile(join(folder('v1.10.0'), 'index.json'), 'utf8'))
      const attestations = manifests[1].digest
      const manifest = JSON.parse(await readFile(blobOf(folder('v1.10.0'), attestations), 'utf8'))
      const image = await digestOf('v1.10.0')
      for (const [name, blob] of [
        ['index', image],
        ['manifest', attestations],
        ['envelope', manifest.layers[0].digest],
      ] as const) {
        const layout = join(copy, name)
        await cp(folder('v1.10.0'), layout, { recursive: true })
        await flip(blobOf(layout, blob))
        const result = await verify('v1.10.0', { layout })
        expect(result.code, name).toBe(1)
        expect(result.stdout + result.stderr, name).toMatch(/CONTENT_MISMATCH|digest/)
        expect(result.stdout + result.stderr, name).toContain(blob)
      }
    })

    it('inspect says distroless for the linux/amd64 image and names its Debian packages', async () => {
      for (const version of ['v1.10.0', 'v2.1.0']) {
        const reference = `oci:${folder(version)}@${await digestOf(version)}`
        const text = await runCli(['inspect', '--platform', 'linux/amd64', reference])
        expect(text.code).toBe(0)
        expect(text.stdout.split('\n')[0]).toMatch(/distroless/i)
        expect(text.stdout).toMatch(/base-files/)
        expect(text.stdout).toMatch(/tzdata/)
        const json = await runCli(['inspect', '--output', 'json', reference])
        expect(JSON.parse(json.stdout)).toMatchObject({ verdict: 'strict' })
        expect(await runCli(['inspect', '--output', 'json', reference])).toEqual(json)
      }
    })
  },
)

async function verify(version: string, changes: Changes = {}): Promise<CliRun> {
  const { layout = folder(version), identity = signer(version), from = issuer, wrapper } = changes
  return await runCli(
    [
      'verify',
      `oci:${layout}@${await digestOf(version)}`,
      '--type',
      'slsaprovenance',
      '--certificate-identity',
      identity,
      '--certificate-oidc-issuer',
      from,
      '--trusted-root',
      join(trust ?? '', 'public-good.trusted_root.json'),
      '--offline',
    ],
    wrapper === undefined ? {} : { wrapper },
  )
}

interface Changes {
  readonly layout?: string
  readonly identity?: string
  readonly from?: string
  readonly wrapper?: readonly string[]
}

function blobOf(layout: string, digest: string): string {
  return join(layout, 'blobs', ...digest.split(':'))
}

/** Changes the middle byte and nothing else. */
async function flip(path: string): Promise<void> {
  const bytes = await readFile(path)
  const middle = Math.floor(bytes.length / 2)
  bytes[middle] = (bytes[middle] ?? 0) ^ 1
  await writeFile(path, bytes)
}
