import { once } from 'node:events'
import { createServer } from 'node:net'
import { openRepository, registryTransport } from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { runCli, type CliRun } from '../support/cli.ts'
import { buildImage, buildIndex, pushImage } from '../support/image-builder.ts'
import { testRegistry } from '../support/registry.ts'
import { plainImage, workspace, type Workspace } from '../support/workspace.ts'

const fail = 'authorities: [{static: {action: fail, message: frozen}}]'
const pass = 'authorities: [{static: {action: pass}}]'

function policy(spec: string, name = 'base'): string {
  return `---\napiVersion: assay.dev/v1alpha1\nkind: ClusterImagePolicy\nmetadata: {name: ${name}}\nspec: {images: [{glob: '**'}], ${spec}}\n`
}

function settings(spec: string): string {
  return `---\napiVersion: assay.dev/v1alpha1\nkind: GateConfig\nmetadata: {name: gate}\nspec: ${spec}\n`
}

async function gate(place: Workspace, text: string, args: readonly string[]): Promise<CliRun> {
  return await runCli(['gate', '--policy', await place.write('policy.yaml', text), ...args])
}

async function build(architecture: string, path: string): ReturnType<typeof buildImage> {
  return await buildImage({
    platform: { os: 'linux', architecture },
    layers: [{ entries: [{ kind: 'file', path, content: '\u007fELF', mode: 0o755 }] }],
  })
}

describe('the settings of assay gate', () => {
  it('are read once, with the policies, so that a pipe will do', async () => {
    await using place = await workspace()
    const app = `apiVersion: apps.acme.example/v1\nkind: App\nmetadata: {name: a}\nspec: {run: 'registry.example/app@sha256:${'1'.repeat(64)}'}\n`
    const text =
      policy(pass) + settings('{resources: [{kind: App, group: apps.acme.example, imagePaths: [spec.run]}]}')
    const args = ['gate', '--policy', '/dev/stdin', '-f', await place.write('app.yaml', app)]
    const run = await runCli(args, { stdin: text, wrapper: ['sh', '-c', 'cat | "$0" "$@"'] })
    expect(run).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('policy     base (/dev/stdin:2): met'),
    })
  })

  it('say what becomes of an image that no policy is about, unless --no-match does', async () => {
    await using place = await workspace()
    const { reference } = await place.image('image', plainImage)
    const none = policy(fail).replace("'**'", "'registry.example/**'")
    const allow = none + settings('{noMatch: allow}')
    const cluster = `${none}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: config-policy-controller}\ndata: {no-match-policy: warn}\n`
    expect((await gate(place, none, [reference])).code).toBe(1)
    expect((await gate(place, none, ['--no-match', 'allow', reference])).code).toBe(0)
    expect((await gate(place, none, ['--no-match', 'maybe', reference])).code).toBe(2)
    expect((await gate(place, allow, [reference])).code).toBe(0)
    expect((await gate(place, allow, ['--no-match', 'deny', reference])).code).toBe(1)
    const warned = await gate(place, cluster, [reference])
    expect([warned.code, warned.stdout]).toEqual([0, expect.stringContaining('NO_MATCH_ALLOWED')])
  })

  it('name the images of custom resources, and the annotation that breaks the glass', async () => {
    await using place = await workspace()
    const app = `apiVersion: apps.acme.example/v1\nkind: App\nmetadata: {name: a, annotations: {acme.example/glass: 'INC-7'}}\nspec: {run: 'registry.example/app@sha256:${'1'.repeat(64)}'}\n`
    await place.write('app.yaml', app)
    const config = settings(
      '{resources: [{kind: App, group: apps.acme.example, imagePaths: [spec.run]}], breakGlass: {annotation: acme.example/glass, allowedUsers: [ada]}}',
    )
    const ask = (...args: readonly string[]): Promise<CliRun> =>
      gate(place, policy(fail) + config, ['-f', place.path('app.yaml'), '-o', 'json', ...args])
    const nobody = await ask()
    expect([nobody.code, JSON.parse(nobody.stdout).decisions]).toMatchObject([
      1,
      [
        {
          letThrough: false,
          breakGlass: { reason: 'INC-7', user: null, outcome: 'refused', verdict: 'deny' },
        },
      ],
    ])
    const ada = await ask('--break-glass-user', 'ada')
    expect([ada.code, JSON.parse(ada.stdout).decisions]).toMatchObject([
      0,
      [
        {
          letThrough: true,
          breakGlass: { reason: 'INC-7', user: 'ada', outcome: 'applied', verdict: 'deny' },
        },
      ],
    ])
    // what an object says about itself counts for nothing.
    await place.write('app.yaml', app.replace('acme.example/glass', 'assay.dev/verified'))
    expect((await ask('--break-glass-user', 'ada')).code).toBe(1)
  })

  it('have a policy of a namespace count there alone', async () => {
    await using place = await workspace()
    const { reference } = await place.image('image', plainImage)
    const set = `${policy(pass)}---\napiVersion: assay.dev/v1alpha1\nkind: ImagePolicy\nmetadata: {name: frozen, namespace: prod}\nspec: {images: [{glob: '**'}], ${fail}}\n`
    expect((await gate(place, set, [reference])).code).toBe(1)
    expect((await gate(place, set, ['--namespace', 'test', reference])).code).toBe(0)
    const selected =
      policy(pass) + policy(`namespaceSelector: {matchLabels: {tier: prod}}, ${fail}`, 'frozen')
    expect((await gate(place, selected, ['--namespace-labels', 'tier=prod,team=a', reference])).code).toBe(1)
    expect((await gate(place, selected, ['--namespace-labels', 'tier=test', reference])).code).toBe(0)
    expect((await gate(place, selected, ['--namespace-labels', 'tier', reference])).code).toBe(2)
    expect((await gate(place, set, ['--namespace', '', reference])).code).toBe(2)
  })

  it('can ask for every image of an index', async () => {
    await using place = await workspace()
    const registry = testRegistry()
    const running = await registry.serve()
    const { host } = running
    const store = openRepository(
      { host, repository: 'app' },
      { transport: registryTransport({}), plainHttp: true },
    )
    const [arm, amd] = [await build('arm64', 'app'), await build('amd64', 'bin/sh')]
    const index = buildIndex([
      { image: arm, platform: { os: 'linux', architecture: 'arm64' } },
      { image: amd, platform: { os: 'linux', architecture: 'amd64' } },
    ])
    const root = await pushImage(store, index, '1')
    const text = policy('inspect: {distroless: effective}') + settings('{platforms: all}')
    const run = await gate(place, text, ['-o', 'json', `${host}/app:1`])
    await running.close()
    expect([run.code, JSON.parse(run.stdout).decisions]).toMatchObject([
      1,
      [
        { digest: root.digest, verdict: 'deny' },
        { digest: arm.descriptor.digest, verdict: 'allow', partOf: root.digest },
        { digest: amd.descriptor.digest, verdict: 'deny', partOf: root.digest },
      ],
    ])
  })

  it('end a decision at its deadline, whatever hangs', async () => {
    await using place = await workspace()
    const server = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const text = policy('inspect: {distroless: strict}') + settings('{deadline: 1s}')
    const run = await gate(place, text, ['-o', 'json', `127.0.0.1:${port}/app:1`])
    server.close()
    expect([run.code, JSON.parse(run.stdout).decisions]).toMatchObject([
      3,
      [{ verdict: 'undecided', because: [{ code: 'DEADLINE' }] }],
    ])
    const through = policy('requireDigest: true, authorities: [{key: {secretRef: {name: s}}, ctlog: {}}]')
    const lenient = await gate(place, through + settings('{onError: allow, deadline: 1s}'), [
      `127.0.0.1:${port}/app@sha256:${'1'.repeat(64)}`,
    ])
    expect([lenient.code, lenient.stdout]).toEqual([0, expect.stringContaining('LET THROUGH')])
  })
})

describe('bad policies at the command line', () => {
  it('two that contradict each other: the stricter one decides', async () => {
    await using place = await workspace()
    const { reference } = await place.image('image', plainImage)
    const run = await gate(place, policy(pass) + policy(fail, 'frozen'), [reference])
    expect([run.code, run.stdout]).toEqual([1, expect.stringContaining('frozen')])
  })

  it('a file of 10 MB is refused, and an alias bomb ends', async () => {
    await using place = await workspace()
    const large = await place.write('large.yaml', `${policy(pass)}# ${'x'.repeat(10 * 1024 * 1024)}\n`)
    const levels = Array.from({ length: 12 }, (_, level) =>
      level === 0
        ? 'a0: &a0 [x]'
        : `a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`,
    )
    const bomb = await place.write('bomb.yaml', `apiVersion: assay.dev/v1alpha1\n${levels.join('\n')}\n`)
    for (const file of [large, bomb]) {
      for (const args of [
        ['policy', 'lint', file],
        ['gate', '--policy', file, 'registry.example/a:1'],
      ])
        expect((await runCli(args)).code).toBe(2)
    }
  })

  it('patterns that take other engines for ever', async () => {
    await using place = await workspace()
    const text = policy(
      "authorities: [{keyless: {identities: [{issuer: i, subjectRegExp: '(a+)+(a+)+(a+)+$'}]}}, {keyless: {identities: [{issuer: i, subjectRegExp: '((a?){30}){30}a{30}'}]}}]",
    )
    expect((await runCli(['policy', 'lint', await place.write('p.yaml', text)])).code).toBe(0)
    const nested = policy(
      "authorities: [{keyless: {identities: [{issuer: i, subjectRegExp: '((a{1000}){1000}){1000}'}]}}]",
    )
    expect((await runCli(['policy', 'lint', await place.write('p.yaml', nested)])).code).toBe(2)
  })
})
