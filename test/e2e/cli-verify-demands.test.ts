import type { Digest } from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { signBundle } from '../support/sigstore/sign-bundle.ts'
import { virtualSigstore, type VirtualSigstore } from '../support/sigstore/virtual-sigstore.ts'
import { plainImage, workspace, type Workspace } from '../support/workspace.ts'
import { statementPayload } from '../support/verification.ts'

const identity = {
  subject: 'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1',
  issuer: 'https://token.actions.githubusercontent.com',
  extensions: {
    '2': 'push',
    '3': 'abc',
    '4': 'release',
    '5': 'acme/app',
    '6': 'refs/tags/v1',
    '14': 'refs/tags/v1',
  },
}
const who = ['--certificate-identity', identity.subject, '--certificate-oidc-issuer', identity.issuer]

function aboutImage(digest: Digest): Uint8Array {
  return statementPayload({ subject: [{ digest: { sha256: digest.slice('sha256:'.length) } }] })
}

/** An image, a bundle about it in a file, and the flags that verify the one by the other. */
async function scene(
  place: Workspace,
  sigstore: VirtualSigstore = virtualSigstore(),
): Promise<{ readonly reference: string; readonly flags: readonly string[] }> {
  const image = await place.image('image', plainImage)
  const bundle = await signBundle(sigstore, {
    payload: aboutImage(image.descriptor.digest),
    signer: { identity },
    timestamp: true,
  })
  const file = await place.write('bundle.json', JSON.stringify(bundle))
  const root = await place.write('root.json', sigstore.trustedRoot)
  return { reference: image.reference, flags: ['--bundle', file, '--trusted-root', root, '--offline'] }
}

/** Services whose clocks are ahead of ours. */
function ahead(milliseconds: number): VirtualSigstore {
  return virtualSigstore({ now: () => new Date(Date.now() + milliseconds) })
}

describe('assay verify --bundle and what it can demand', () => {
  it('verifies a detached bundle, and refuses it about another image', async () => {
    await using place = await workspace()
    const { reference, flags } = await scene(place)
    const verified = await runCli(['verify', ...who, ...flags, reference])
    expect(verified).toMatchObject({ code: 0, stderr: '' })
    expect(verified.stdout).toContain(`signed by   ${identity.subject}`)
    const other = await place.image('other', { ...plainImage, config: { User: '1' } })
    const refused = await runCli(['verify', ...who, ...flags, other.reference])
    expect(refused.code).toBe(1)
    expect(refused.stdout).toContain('SUBJECT_MISMATCH')
    expect((await runCli(['verify', ...who, ...flags, reference, other.reference])).code).toBe(2)
    expect((await runCli(['verify', ...who, ...flags, '--recursive', reference])).code).toBe(2)
  })

  it.each<[what: string, demand: readonly string[], expected: number | string]>([
    ['an extension', ['--extension', 'sourceRepositoryRef=refs/tags/v1'], 0],
    ['another extension', ['--extension', 'sourceRepositoryRef=refs/tags/v2'], 'EXTENSION_MISMATCH'],
    ['an absent extension', ['--extension', 'buildTrigger=push'], 'EXTENSION_MISMATCH'],
    ['an unknown extension', ['--extension', 'sourceRepository=x'], 2],
    ['the trigger', ['--certificate-github-workflow-trigger', 'push'], 0],
    ['another trigger', ['--certificate-github-workflow-trigger', 'schedule'], 'EXTENSION_MISMATCH'],
    ['the commit', ['--certificate-github-workflow-sha', 'abc'], 0],
    ['another commit', ['--certificate-github-workflow-sha', 'ab'], 'EXTENSION_MISMATCH'],
    ['the workflow', ['--certificate-github-workflow-name', 'release'], 0],
    ['another workflow', ['--certificate-github-workflow-name', 'Release'], 'EXTENSION_MISMATCH'],
    ['the repository', ['--certificate-github-workflow-repository', 'acme/app'], 0],
    ['another repository', ['--certificate-github-workflow-repository', 'acme'], 'EXTENSION_MISMATCH'],
    ['the ref', ['--certificate-github-workflow-ref', 'refs/tags/v1'], 0],
    ['another ref', ['--certificate-github-workflow-ref', 'refs/heads/v1'], 'EXTENSION_MISMATCH'],
    ['a young age', ['--max-age', '1h'], 0],
    ['a younger age', ['--max-age', '1ms'], 'TOO_OLD'],
    ['no age', ['--max-age', 'soon'], 2],
    ['one timestamp', ['--min-timestamps', '1'], 0],
    ['cosign’s word for one timestamp', ['--use-signed-timestamps'], 0],
    ['two timestamps', ['--min-timestamps', '2'], 'MISSING_TIMESTAMP'],
    ['one log', ['--min-logs', '1'], 0],
    ['two logs', ['--min-logs', '2'], 'MISSING_LOG_ENTRY'],
    ['no logs', ['--min-logs', '0'], 2],
    ['a log and none', ['--min-logs', '1', '--insecure-ignore-tlog'], 2],
    ['another identity besides', ['--certificate-identity', 'https://github.com/acme/other'], 0],
    ['a key besides', ['--key', '/nonexistent'], 2],
  ])('demands %s', async (_, demand, expected) => {
    await using place = await workspace()
    const { reference, flags } = await scene(place)
    const run = await runCli(['verify', ...who, ...demand, ...flags, reference])
    expect(run.code).toBe(typeof expected === 'string' ? 1 : expected)
    expect(run.stdout).toContain(typeof expected === 'string' ? expected : '')
  })

  it('several identities have one issuer, or one each in the same order', async () => {
    await using place = await workspace()
    const { reference, flags } = await scene(place)
    const [a, b] = ['https://a.test', identity.issuer]
    const run = async (...issuers: readonly string[]): Promise<number | null> => {
      const line = [
        'verify',
        '--certificate-identity',
        'a@a.test',
        '--certificate-identity',
        identity.subject,
      ]
      const named = issuers.flatMap((issuer) => ['--certificate-oidc-issuer', issuer])
      return (await runCli([...line, ...named, ...flags, reference])).code
    }
    expect(await run(b)).toBe(0)
    expect(await run(a, b)).toBe(0)
    expect(await run(b, a)).toBe(1)
    expect(await run(a, b, a)).toBe(2)
  })

  it('A-21: waits for a log whose clock is a little ahead, and accepts nothing from the future', async () => {
    await using place = await workspace()
    const soon = await scene(place, ahead(3000))
    expect(await runCli(['verify', ...who, ...soon.flags, soon.reference])).toMatchObject({ code: 0 })
    const late = await scene(place, ahead(60_000))
    const refused = await runCli(['verify', ...who, ...late.flags, late.reference])
    expect(refused.code).toBe(1)
    expect(refused.stdout).toContain('TIME_IN_FUTURE')
  })
})

describe('assay verify-attestation', () => {
  it('is about attestations, of cosign’s own type unless another is named', async () => {
    await using place = await workspace()
    const sigstore = virtualSigstore()
    const image = await place.image('image', plainImage)
    const predicateType = 'https://cosign.sigstore.dev/attestation/v1'
    const subject = [{ digest: { sha256: image.descriptor.digest.slice('sha256:'.length) } }]
    const bundle = await signBundle(sigstore, {
      payload: statementPayload({ subject, predicateType }),
      signer: { identity },
    })
    const file = await place.write('bundle.json', JSON.stringify(bundle))
    const root = await place.write('root.json', sigstore.trustedRoot)
    const line = [...who, '--bundle', file, '--trusted-root', root, image.reference]
    expect((await runCli(['verify-attestation', ...line])).code).toBe(0)
    expect((await runCli(['verify-attestation', '--type', 'spdx', ...line])).code).toBe(1)
    expect((await runCli(['verify', ...line])).stdout).toContain('PREDICATE_TYPE_MISMATCH')
  })
})
