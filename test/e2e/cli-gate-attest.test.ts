import { describe, expect, it } from 'vitest'
import { runCli, type CliRun } from '../support/cli.ts'
import {
  password,
  plainImage,
  services,
  workspace,
  type ServedServices,
  type Workspace,
} from '../support/workspace.ts'

/** A policy of our own kind about everything: signed by this key, with these attestations. */
async function byKey(place: Workspace, name: string, more = ''): Promise<string> {
  const pem = (await place.read(`${name}.pub`)).trim().replaceAll('\n', '\n          ')
  return `apiVersion: assay.dev/v1alpha1
kind: ClusterImagePolicy
metadata: {name: ${name}}
spec:
  images: [{glob: '**'}]
  authorities:
    - name: ${name}
      key:
        data: |
          ${pem}
      ctlog: {}
${more}`
}

const wants = (vsa: string): string =>
  `      attestations: [{name: passed, predicateType: https://slsa.dev/verification_summary/v1, vsa: {${vsa}}}]\n`

interface Scene {
  readonly place: Workspace
  readonly sigstore: ServedServices
  readonly image: string
  readonly digest: string
  readonly ask: (policy: string, args?: readonly string[]) => Promise<CliRun>
  /** Has the gate of the build say what it says. */
  readonly attest: (policy: string, args?: readonly string[]) => Promise<CliRun>
}

async function scene(place: Workspace, sigstore: ServedServices): Promise<Scene> {
  const built = await place.image('image', plainImage)
  await place.keys()
  await place.keys('gate')
  const trust = ['--trusted-root', place.path('trusted_root.json')]
  const ask = async (policy: string, args: readonly string[] = []): Promise<CliRun> => {
    const file = await place.write('policy.yaml', policy)
    return await runCli(['gate', '--policy', file, ...trust, ...args, built.reference], { env: password })
  }
  const config = ['--signing-config', place.path('signing_config.json')]
  const attest = [
    '--attest',
    '--key',
    place.path('gate.key'),
    ...config,
    '--attest-verifier',
    'https://gate.acme.test',
  ]
  return {
    place,
    sigstore,
    image: built.reference,
    digest: built.descriptor.digest,
    ask,
    attest: (policy, args = []) => ask(policy, [...attest, ...args]),
  }
}

function decisionOf({ stdout }: CliRun): Record<string, unknown> {
  return JSON.parse(stdout).decisions[0]
}

describe('assay gate --attest', () => {
  it('signs a summary for what is allowed, and a gate elsewhere takes its word', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const at = await scene(place, sigstore)
    const signed = await runCli(
      ['sign', '--key', place.path('release.key'), ...sigstore.sign, '-o', 'json', at.image],
      { env: password },
    )
    const { manifest } = JSON.parse(signed.stdout).signatures[0]
    const passed = await at.attest(await byKey(place, 'release'), ['-o', 'json'])
    expect([passed.code, passed.stderr]).toEqual([0, ''])
    expect(decisionOf(passed)).toMatchObject({
      summary: { result: 'PASSED', manifest: expect.stringMatching(/^sha256:/) },
    })

    const good = 'verifier: https://gate.acme.test, maxAge: 1h, resource: "oci://{repo}"'
    const later = await at.ask(await byKey(place, 'gate', wants(good)), ['-o', 'json'])
    expect([later.code, later.stderr.replaceAll(/^warning: .*\n/gm, '')]).toEqual([0, ''])
    expect(JSON.stringify(decisionOf(later)['policies'])).toContain('verification_summary')

    for (const vsa of [
      'verifier: https://gate.evil.test',
      'verifier: https://gate.acme.test, levels: [SLSA_BUILD_LEVEL_1]',
      'verifier: https://gate.acme.test, resource: "oci://registry.example/other"',
    ])
      expect((await at.ask(await byKey(place, 'gate', wants(vsa)))).code).toBe(1)
    // Another signer with the same words is another verifier.
    expect(
      (await at.ask(await byKey(place, 'release', wants('verifier: https://gate.acme.test')))).code,
    ).toBe(1)

    const found = await runCli([
      'verify',
      '--key',
      place.path('gate.pub'),
      ...sigstore.verify,
      '--type',
      'https://slsa.dev/verification_summary/v1',
      '-o',
      'json',
      at.image,
    ])
    expect(found.code).toBe(0)
    const tree = await runCli(['tree', '-o', 'json', at.image])
    expect(tree.stdout).toContain(manifest)
  })

  it('signs FAILED for what is denied only where asked, and nothing for what was let through', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const at = await scene(place, sigstore)
    const policy = await byKey(place, 'release')
    const silent = await at.attest(policy, ['-o', 'json'])
    expect([silent.code, decisionOf(silent)['summary']]).toEqual([1, null])
    const told = await at.attest(policy, ['--attest-failures', '-o', 'json'])
    expect([told.code, decisionOf(told)['summary']]).toMatchObject([1, { result: 'FAILED' }])
    const refused = await at.ask(await byKey(place, 'gate', wants('verifier: https://gate.acme.test')))
    expect(refused.code).toBe(1)
    expect(refused.stdout).toContain('the verifier says FAILED')

    const glass = `${policy}---\napiVersion: assay.dev/v1alpha1\nkind: GateConfig\nmetadata: {name: g}\nspec: {breakGlass: {allowedUsers: [ada]}}\n`
    const broken = await at.attest(glass, [
      '--attest-failures',
      '--break-glass',
      'INC-7',
      '--break-glass-user',
      'ada',
      '-o',
      'json',
    ])
    expect([broken.code, decisionOf(broken)]).toMatchObject([
      0,
      {
        summary: null,
        letThrough: true,
        breakGlass: { user: 'ada', reason: 'INC-7', outcome: 'applied', verdict: 'deny' },
      },
    ])
    const text = await at.ask(glass, ['--break-glass', 'INC-7', '--break-glass-user', 'ada'])
    expect(text.stdout.split('\n').slice(1, 3)).toEqual([
      '  LET THROUGH, and allowed by no policy',
      '  glass      BROKEN by ada: INC-7',
    ])
    const other = await at.ask(glass, ['--break-glass', 'INC-7', '--break-glass-user', 'eve'])
    expect([other.code, other.stdout]).toEqual([
      1,
      expect.stringContaining('glass      not broken by eve: INC-7'),
    ])
  })

  it('refuses flags that would be ignored', async () => {
    await using place = await workspace()
    await place.keys()
    const policy = await place.write('policy.yaml', await byKey(place, 'release'))
    for (const flags of [
      ['--key', place.path('release.key')],
      ['--attest-failures'],
      ['--attest-verifier', 'https://x.example'],
      ['--break-glass', 'x'],
      ['--attest', '--attest-verifier', 'no uri', '--key', place.path('release.key')],
      ['--attest', '--offline', '--key', place.path('release.key')],
    ])
      expect(await runCli(['gate', '--policy', policy, ...flags, 'registry.example/a:1'])).toMatchObject({
        code: 2,
      })
  })
})
