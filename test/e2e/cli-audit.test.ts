import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { auditImage, parseTrustRoot } from '@assay/core'
import { openLayout } from '@assay/registry'
import { runCli } from '../support/cli.ts'
import { corpus } from '../support/corpora.ts'
import { signBundle } from '../support/sigstore/sign-bundle.ts'
import { virtualSigstore } from '../support/sigstore/virtual-sigstore.ts'
import { statementPayload } from '../support/verification.ts'
import { plainImage, services, workspace } from '../support/workspace.ts'

const images = corpus('github-signed-images')
const root = join(corpus('trust') ?? '', 'public-good.trusted_root.json')

function imageOf(version: string): string {
  const layout = join(images ?? '', version, 'container_workflow_dispatch')
  const digest = readFileSync(`${layout}.digest`, 'utf8').trim()
  return `oci:${layout}@${digest.startsWith('sha256:') ? digest : `sha256:${digest}`}`
}

describe('assay audit', () => {
  test.skipIf(images === undefined)(
    'tells builder, source and time of real images, as JSON and CSV',
    async () => {
      const named = ['v1.5.0', 'v1.10.0', 'v2.1.0'].map(imageOf)
      const run = await runCli(['audit', '--trusted-root', root, '--offline', '--output', 'json', ...named])
      expect(run).toMatchObject({ code: 0, stderr: '' })
      const document = JSON.parse(run.stdout)
      expect(document).toMatchObject({ schema: 'assay.audit/v1', ok: true })
      const signed = document.images.flatMap((image: any) => image.signed)
      expect(signed).toHaveLength(3)
      for (const { provenance, repository } of signed) {
        expect(provenance.builder).toContain('slsa-github-generator')
        expect(provenance.trigger).toMatch(/^(?:push|workflow_dispatch)$/)
        expect(provenance.materials.length).toBeGreaterThan(0)
        expect(repository).toBe('https://github.com/slsa-framework/example-package')
      }
      expect(document.images[0].missing).toEqual(['signature', 'sbom'])
      const csv = await runCli(['audit', '--trusted-root', root, '--offline', '--output', 'csv', ...named])
      const lines = csv.stdout.split('\r\n')
      expect(lines[0]).toBe(
        'image,digest,platform,status,content,signer,issuer,time,source,commit,ref,builder,trigger,code,reason,parameters,materials',
      )
      expect(lines.filter((line) => line.includes(',signed,'))).toHaveLength(3)
      expect(csv.stdout).toContain(
        'git+https://github.com/slsa-framework/example-package@refs/heads/main sha1:',
      )
      const text = await runCli(['audit', '--trusted-root', root, '--offline', ...named])
      expect(text.stdout).toMatch(/^ {2}material {4}git\+https:\S+ sha1:[0-9a-f]{40}$/m)
    },
  )

  it('a fault of ours about one attachment leaves the audit unfinished, and the others in it', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    const sign = ['sign', '--identity-token', sigstore.token, ...sigstore.sign, image.reference]
    expect((await runCli(sign)).code).toBe(0)
    const trust = {
      ...parseTrustRoot(sigstore.sigstore.trustedRoot),
      get transparencyLogs(): never {
        throw new TypeError('a fault of ours')
      },
    }
    const store = openLayout(place.path('image'))
    const options = { trust, keys: [], now: new Date(), sct: 'require', transparencyLog: 'require' } as const
    const found = await auditImage(store, image.descriptor, options)
    expect(found.faults.map(({ message }) => message)).toEqual(['a fault of ours'])
    expect(found.refused.map(({ refusal }) => refusal.code)).toEqual(['UNUSABLE_ATTACHMENT'])
  })

  it('tells why something was refused, and says where it could not look', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    await place.keys()
    const sign = ['sign', '--key', place.path('release.key'), '--tlog-upload=false', image.reference]
    expect((await runCli(sign, { env: { COSIGN_PASSWORD: 'secret' } })).code).toBe(0)
    const line = ['audit', '--offline', '--insecure-ignore-tlog', image.reference]
    const unknown = await runCli(line)
    expect(unknown).toMatchObject({ code: 0, stdout: expect.stringContaining('UNTRUSTED_KEY') })
    const known = await runCli([...line, '--key', place.path('release.pub')])
    expect(known.stdout).toContain('WEAKENED    transparency log ignored')
    expect(known.stdout).not.toContain('no signature that holds')
    const absent = await runCli([...line, `oci:${place.path('absent')}`])
    expect(absent.code).toBe(3)
    expect(absent.stdout).toContain('COULD NOT BE READ')
  })
})

describe('assay explain', () => {
  test.skipIf(images === undefined)('shows each step of a real image as a tree', async () => {
    const run = await runCli(['explain', '--trusted-root', root, '--offline', imageOf('v2.1.0')])
    expect(run.code).toBe(0)
    for (const step of ['statement', 'subject', 'key', 'transparency-log', 'log-entry', 'certificate', 'sct'])
      expect(run.stdout).toContain(`─ ${step}\n`)
    expect(run.stdout).toContain('sourceRepositoryURI https://github.com/slsa-framework/example-package')
  })

  it('says at which step a bundle failed, and claims nothing about the others', async () => {
    await using place = await workspace()
    const sigstore = virtualSigstore()
    const trusted = await place.write('root.json', sigstore.trustedRoot)
    const made = await signBundle(sigstore, {
      payload: statementPayload(),
      signer: { identity: { subject: 'a@b.test', issuer: 'https://id.acme.test' } },
    })
    const good = await place.write('good.json', JSON.stringify(made))
    const file = await place.write('file.txt', 'another file')
    const line = ['explain', '--trusted-root', trusted, '--offline']
    const claimed = await runCli([...line, good])
    expect(claimed).toMatchObject({ code: 0, stdout: expect.stringContaining('its own claim') })
    const other = await runCli([...line, good, '--subject', file, '--output', 'json'])
    expect(other.code).toBe(1)
    expect(JSON.parse(other.stdout)).toMatchObject({ schema: 'assay.explain/v1', ok: false })
    expect(other.stdout).toContain('subject: what was signed is about another artifact [SUBJECT_MISMATCH]')
    const broken = await place.write('broken.json', '{}')
    expect(await runCli([...line, broken])).toMatchObject({ code: 1 })
    expect((await runCli([...line, 'oci:/nonexistent', '--subject', file])).code).toBe(2)
  })
})

describe('assay trust', () => {
  it('shows what is trusted and until when, and how old the embedded root is', async () => {
    const run = await runCli(['trust', '--offline'])
    expect(run.code).toBe(0)
    expect(run.stdout).toMatch(/^the root embedded in this tool, as of \d{4}-\d\d-\d\d, \d+ days old\n/)
    expect(run.stdout).toContain('https://rekor.sigstore.dev')
    const json = await runCli(['trust', '--offline', '--output', 'json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ schema: 'assay.trust/v1', ok: true })
    await using place = await workspace()
    const bad = await place.write('bad.json', '{}')
    expect(await runCli(['trust', '--trusted-root', bad])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('MALFORMED_TRUST_ROOT'),
    })
  })
})
