import { appendFile, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli, type CliRun } from '../support/cli.ts'
import { plainImage, services, workspace, type ServedServices, type Workspace } from '../support/workspace.ts'

const policy = `apiVersion: assay.dev/v1alpha1
kind: ClusterImagePolicy
metadata: {name: release}
spec:
  images: [{glob: 'registry.example/acme/**'}]
  authorities:
    - name: ci
      keyless:
        identities: [{issuer: https://id.acme.test, subject: release@acme.test}]
`

/** A test of the policy beside it, with one case a line. */
function testOf(...cases: readonly string[]): string {
  const lines = cases.map(
    (one) => `    - {recording: recorded, image: 'registry.example/acme/app:1', ${one}}\n`,
  )
  return `apiVersion: assay.dev/v1alpha1\nkind: PolicyTest\nmetadata: {name: release}\nspec:\n  policies: [policy.yaml]\n  cases:\n${lines.join('')}`
}

describe('assay policy record and policy test', () => {
  let place: Workspace
  let sigstore: ServedServices
  let record: CliRun

  beforeAll(async () => {
    place = await workspace()
    sigstore = await services(place)
    const image = await place.image('image', plainImage)
    await runCli(['sign', '--identity-token', sigstore.token, ...sigstore.sign, image.reference])
    await place.write('policy.yaml', policy)
    record = await runCli([
      'policy',
      'record',
      '--dir',
      place.path('recorded'),
      '--trusted-root',
      place.path('trusted_root.json'),
      image.reference,
    ])
  })

  afterAll(async () => {
    await sigstore[Symbol.asyncDispose]()
    await place[Symbol.asyncDispose]()
  })

  const test = async (text: string, args: readonly string[] = []): Promise<CliRun> =>
    await runCli(['policy', 'test', ...args, await place.write('release.test.yaml', text)], {
      wrapper: ['unshare', '-rn'],
    })

  it('records everything but the layers, and says where', async () => {
    expect(record).toMatchObject({ code: 0, stderr: '' })
    expect(record.stdout).toMatch(
      /^RECORDED oci:.*@sha256:[0-9a-f]{64}\n {2}in +.*recorded, without layers\n/,
    )
    const again = await runCli([
      'policy',
      'record',
      '--dir',
      place.path('recorded'),
      '--trusted-root',
      place.path('trusted_root.json'),
      `oci:${place.path('image')}:test`,
    ])
    expect(again.code).toBe(3)
    expect(again.stderr).toContain('has to be empty')
  })

  it('passes where each answer is the expected one, without a network', async () => {
    const run = await test(
      testOf(
        'name: the release, expect: allow',
        "name: a name that no glob reaches, image: 'registry.example/other/app:1', expect: deny, because: [NO_POLICY_MATCHES]",
      ).replace("image: 'registry.example/acme/app:1', name: a name", 'name: a name'),
    )
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toBe(
      'PASS  release: the release\nPASS  release: a name that no glob reaches\n\n2 cases: 2 passed, 0 failed\n',
    )
  })

  it('fails where the verdict or the reason is another one, and shows both', async () => {
    const wrong = await test(testOf('name: wrong, expect: deny, because: [IDENTITY_MISMATCH]'))
    expect(wrong.code).toBe(1)
    expect(wrong.stdout).toContain('FAIL  release: wrong\n')
    expect(wrong.stdout).toContain('  expected  deny because IDENTITY_MISMATCH\n  got       allow\n')
    const reason = testOf('name: why, expect: deny, because: [NO_SIGNATURE]')
    await place.write('policy.yaml', policy.replace('subject: release@', 'subject: other@'))
    const because = await test(reason, ['-o', 'json'])
    await place.write('policy.yaml', policy)
    expect(because.code).toBe(1)
    expect(JSON.parse(because.stdout)).toMatchObject({
      schema: 'assay.policy-test/v1',
      ok: false,
      cases: [
        {
          status: 'failed',
          expected: { verdict: 'deny', because: ['NO_SIGNATURE'] },
          got: { verdict: 'deny', because: ['IDENTITY_MISMATCH'] },
        },
      ],
    })
  })

  it('asks at the recorded time unless the case names another', async () => {
    const aged = policy.replace('- name: ci', '- name: ci\n      maxAge: 24h')
    await place.write('policy.yaml', aged)
    const run = await test(
      testOf(
        'name: then, expect: allow',
        'name: much later, time: 2031-01-01T00:00:00Z, expect: deny, because: [TOO_OLD]',
      ),
    )
    await place.write('policy.yaml', policy)
    expect(run).toMatchObject({ code: 0, stderr: '' })
  })

  it('asks about the object and the namespace that a case names', async () => {
    const narrow =
      '\n  match: [{group: "", version: v1, resource: pods}]\n  namespaceSelector: {matchLabels: {tier: prod}}'
    await place.write('policy.yaml', policy.replace('\n  authorities', `${narrow}\n  authorities`))
    const pod = '{apiVersion: v1, kind: Pod, metadata: {name: app}, spec: {containers: []}}'
    const job = pod.replace('kind: Pod', 'kind: Service')
    const run = await test(
      testOf(
        `name: a pod in prod, object: ${pod}, namespace: {labels: {tier: prod}}, expect: allow`,
        `name: a pod elsewhere, object: ${pod}, namespace: {labels: {tier: dev}}, expect: deny, because: [NO_POLICY_MATCHES]`,
        `name: no pod, object: ${job}, namespace: {labels: {tier: prod}}, expect: deny, because: [NO_POLICY_MATCHES]`,
      ),
    )
    await place.write('policy.yaml', policy)
    expect(run).toMatchObject({ code: 0, stderr: '' })
  })

  it('leaves open what was not recorded: layers and other repositories', async () => {
    const authorities = policy.slice(policy.indexOf('  authorities'))
    const inspects = `${policy.replace(authorities, '')}  inspect: {distroless: strict}\n`
    await place.write('policy.yaml', inspects)
    const layers = await test(testOf('name: layers, expect: undecided, because: [INSPECTION_UNAVAILABLE]'))
    await place.write(
      'policy.yaml',
      policy.replace('- name: ci', '- name: ci\n      source: [{oci: registry.example/signatures}]'),
    )
    const source = await test(testOf('name: place, expect: undecided, because: [EVIDENCE_UNAVAILABLE]'))
    await place.write('policy.yaml', policy)
    expect(layers).toMatchObject({ code: 0, stderr: '' })
    expect(source).toMatchObject({ code: 0, stderr: '' })
  })

  it('inspects where the layers were recorded', async () => {
    const image = `oci:${place.path('image')}:test`
    await runCli([
      'policy',
      'record',
      '--dir',
      place.path('whole'),
      '--with-layers',
      '--trusted-root',
      place.path('trusted_root.json'),
      image,
    ])
    const authorities = policy.slice(policy.indexOf('  authorities'))
    await place.write('policy.yaml', `${policy.replace(authorities, '')}  inspect: {distroless: strict}\n`)
    const run = await test(testOf('name: strict, expect: allow').replace('recorded', 'whole'))
    await place.write('policy.yaml', policy)
    expect(run).toMatchObject({ code: 0, stderr: '' })
  })

  it('cannot tell with a recording that was changed: that is no passed "deny"', async () => {
    const changed = place.path('changed')
    const changes: Readonly<Record<string, () => Promise<void>>> = {
      'a blob': async () => {
        const blobs = `${changed}/image/blobs/sha256`
        const [name = ''] = await readdir(blobs)
        await appendFile(`${blobs}/${name}`, ' ')
      },
      'the index': async () => {
        const path = `${changed}/image/index.json`
        const index = JSON.parse(await readFile(path, 'utf8'))
        await writeFile(path, JSON.stringify({ ...index, manifests: index.manifests.slice(0, 1) }))
      },
      'the trusted root': () => appendFile(`${changed}/trusted_root.json`, '\n'),
    }
    for (const [what, change] of Object.entries(changes)) {
      await rm(changed, { recursive: true, force: true })
      await cp(place.path('recorded'), changed, { recursive: true })
      await change()
      const run = await test(testOf('name: no, expect: deny').replace('recorded', 'changed'))
      expect(run.code, what).toBe(3)
      expect(run.stdout, what).toContain('[RECORDING_CHANGED]')
    }
    await rm(`${changed}/recording.json`)
    const gone = await test(testOf('name: no, expect: deny').replace('recorded', 'changed'))
    expect(gone.code).toBe(3)
    expect(gone.stdout).toContain('[RECORDING_UNREADABLE]')
  })

  it('refuses tests that say nothing', async () => {
    const none = await test('apiVersion: assay.dev/v1alpha1\nkind: ClusterImagePolicy\n')
    expect(none.code).toBe(2)
    expect(none.stderr).toContain('there is no test')
    const unknown = await test(testOf('name: x, expect: maybe, becuase: []'))
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toContain('one of allow, deny, undecided')
    expect(unknown.stderr).toContain('unknown field: spec.cases[0].becuase')
  })

  it('runs the example of docs/policy.md', async () => {
    const docs = await readFile(join(import.meta.dirname, '../../docs/policy.md'), 'utf8')
    const example = /```yaml\n(apiVersion: \S+\nkind: PolicyTest\n[^]*?)```/.exec(docs)?.[1] ?? ''
    await place.write('policy.yaml', policy.replace('- name: ci', '- name: ci\n      maxAge: 24h'))
    const named = example.replaceAll('tests/recordings/app', 'recorded')
    const names = named.replace(
      'expect: allow',
      "image: 'registry.example/acme/app:1.4'\n      expect: allow",
    )
    const aged = names.replace('time: 2031', "image: 'registry.example/acme/app:1.4'\n      time: 2031")
    const run = await test(aged)
    await place.write('policy.yaml', policy)
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toContain('3 cases: 3 passed, 0 failed\n')
  })

  it('writes JUnit', async () => {
    const run = await test(testOf('name: yes, expect: allow', 'name: no, expect: deny'), ['-o', 'junit'])
    expect(run.code).toBe(1)
    expect(run.stdout).toContain('<testsuites tests="2" failures="1" errors="0">')
    expect(run.stdout).toContain('message="expected deny, got allow"')
  })

  it('records signatures that are kept elsewhere apart, as policies name them', async () => {
    const bare = await place.image('bare', { ...plainImage, config: { User: '1' } })
    const signed = place.path('signatures')
    await cp(place.path('bare'), signed, { recursive: true })
    await runCli(['sign', '--identity-token', sigstore.token, ...sigstore.sign, `oci:${signed}:test`])
    const run = await runCli([
      'policy',
      'record',
      '--dir',
      place.path('apart'),
      '--source',
      `oci:${signed}`,
      '--trusted-root',
      place.path('trusted_root.json'),
      bare.reference,
    ])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    const beside = await test(
      testOf('name: beside, expect: deny, because: [NO_SIGNATURE]').replace('recorded', 'apart'),
    )
    expect(beside).toMatchObject({ code: 0, stderr: '' })
    const found = JSON.parse(await place.read('apart/recording.json'))
    expect(found.sources).toMatchObject([{ repository: `oci:${signed}`, folder: 'source-0' }])
    const layout = JSON.parse(await place.read('apart/source-0/index.json'))
    expect(layout.manifests.length).toBe(2)
  })
})
