import { chmod, mkdir, symlink } from 'node:fs/promises'
import { openRepository, registryTransport, type Descriptor } from '@assay/registry'
import { describe, expect, it } from 'vitest'
import { runCli, type CliRun } from '../support/cli.ts'
import { buildImage, pushImage } from '../support/image-builder.ts'
import { testRegistry } from '../support/registry.ts'
import { workspace, type Workspace } from '../support/workspace.ts'

/** A registry on loopback with the images app:1 (plain) and shell:1 (with a shell). */
interface Served extends AsyncDisposable {
  readonly host: string
  readonly app: Descriptor
  readonly requests: () => number
}

async function served(): Promise<Served> {
  const registry = testRegistry()
  const running = await registry.serve()
  const { host } = running
  const push = async (name: string, path: string): Promise<Descriptor> => {
    const store = openRepository(
      { host, repository: name },
      { transport: registryTransport({}), plainHttp: true },
    )
    const entry = { kind: 'file', path, content: '\u007fELF', mode: 0o755 } as const
    return await pushImage(store, await buildImage({ layers: [{ entries: [entry] }] }), '1')
  }
  const app = await push('app', 'usr/bin/app')
  await push('shell', 'bin/sh')
  const before = registry.log.length
  return {
    host,
    app,
    requests: () => registry.log.slice(before).filter(({ path }) => path.endsWith('/app/manifests/1')).length,
    [Symbol.asyncDispose]: () => running.close(),
  }
}

const policy = `apiVersion: assay.dev/v1alpha1
kind: ClusterImagePolicy
metadata: {name: base}
spec:
  images: [{glob: '**'}]
  inspect: {distroless: effective}
`

function pod(...images: readonly string[]): string {
  const containers = images.map((image, index) => `  - name: c${index}\n    image: ${image} # mine\n`)
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n${containers.join('')}`
}

async function gate(place: Workspace, args: readonly string[], env = {}): Promise<CliRun> {
  const file = await place.write('policy.yaml', policy)
  return await runCli(['gate', '--policy', file, ...args], { env })
}

describe('assay gate over files', () => {
  it('reads in folders what kubectl would: links and hidden files, too', async () => {
    await using place = await workspace()
    await mkdir(place.path('deploy/.git'), { recursive: true })
    const rules = policy.replace(
      'inspect: {distroless: effective}',
      'authorities: [{static: {action: fail}}]',
    )
    const file = await place.write('rules.yaml', rules)
    await place.write('deploy/a.yaml', pod('x.example/a:1'))
    await place.write('deploy/.b.yaml', pod('x.example/b:1'))
    await place.write('deploy/.git/d.yaml', pod('x.example/d:1'))
    await symlink(await place.write('elsewhere.yaml', pod('x.example/c:1')), place.path('deploy/c.yaml'))
    const args = ['gate', '--policy', file, '-o', 'json', '-f', place.path('deploy')]
    const { decisions } = JSON.parse((await runCli(args)).stdout)
    expect(decisions.map(({ image }: { readonly image: string }) => image).toSorted()).toEqual([
      'x.example/a:1',
      'x.example/b:1',
      'x.example/c:1',
    ])
    await symlink('/dev/zero', place.path('deploy/e.yaml'))
    expect((await runCli(args)).code).toBe(2)
  })

  it('decides about every image that a folder names, once each, with all its places', async () => {
    await using place = await workspace()
    await using registry = await served()
    const { host } = registry
    await mkdir(place.path('deploy/more'), { recursive: true })
    await place.write('deploy/a.yaml', pod(`${host}/app:1`, `${host}/shell:1`))
    await place.write('deploy/more/b.yml', pod(`${host}/app:1`))
    await place.write('deploy/notes.txt', 'image: nothing')
    const run = await gate(place, ['-f', place.path('deploy'), '-o', 'json'])
    expect([run.code, run.stderr]).toEqual([1, ''])
    const { decisions } = JSON.parse(run.stdout)
    expect(decisions).toMatchObject([
      {
        verdict: 'allow',
        image: `${host}/app:1`,
        places: [
          { file: place.path('deploy/a.yaml'), line: 7, column: 12, path: 'spec.containers[0].image' },
          { file: place.path('deploy/more/b.yml'), line: 7 },
        ],
      },
      { verdict: 'deny', image: `${host}/shell:1`, places: [{ line: 9 }] },
    ])
    expect(registry.requests()).toBe(1)
  })

  it('pins what it allowed, in place, and nothing else', async () => {
    await using place = await workspace()
    await using registry = await served()
    const { host, app } = registry
    const text = pod(`${host}/app:1`, `${host}/shell:1`)
    const manifest = await place.write('pod.yaml', text)
    const docker = await place.write('Dockerfile', `ARG V=1\nFROM ${host}/app:1 AS a\nFROM ${host}/app:$V\n`)
    await chmod(manifest, 0o600)
    const run = await gate(place, ['-f', manifest, '--dockerfile', docker, '--pin'])
    expect(run.code).toBe(1)
    expect(await place.read('pod.yaml')).toBe(text.replace(`${host}/app:1`, `${host}/app:1@${app.digest}`))
    expect(await place.read('Dockerfile')).toBe(
      `ARG V=1\nFROM ${host}/app:1@${app.digest} AS a\nFROM ${host}/app:$V\n`,
    )
    expect(run.stderr).toBe(
      `pinned: ${manifest}: 1 image\nnote: ${docker}: ${host}/app:1 is not written out there and was not pinned\npinned: ${docker}: 1 image\n`,
    )
  })

  it('cannot tell where only a run could name the image', async () => {
    await using place = await workspace()
    await using registry = await served()
    const compose = await place.write(
      'compose.yaml',
      `services:\n  a: {image: '${registry.host}/app:\${TAG}'}\n`,
    )
    const unset = await gate(place, ['--compose', compose])
    expect(unset.code).toBe(3)
    expect(unset.stdout).toContain('the image depends on TAG, which has no value here [IMAGE_UNKNOWN]')
    expect(await gate(place, ['--compose', compose], { TAG: '1' })).toMatchObject({ code: 0 })
    await place.write('.env', 'TAG=1\n')
    expect(await gate(place, ['--compose', compose])).toMatchObject({ code: 0 })
  })

  it('reports for code scanning, test reports and workflow runs', async () => {
    await using place = await workspace()
    await using registry = await served()
    const image = `${registry.host}/shell:1`
    const manifest = await place.write('pod.yaml', pod(image))
    const sarif = await gate(place, ['-f', manifest, '--output', 'sarif'])
    expect([sarif.code, JSON.parse(sarif.stdout)]).toMatchObject([
      1,
      {
        version: '2.1.0',
        runs: [
          {
            tool: { driver: { rules: [{ id: 'NOT_DISTROLESS' }] } },
            results: [
              {
                ruleId: 'NOT_DISTROLESS',
                level: 'error',
                locations: [
                  {
                    physicalLocation: {
                      artifactLocation: { uri: manifest },
                      region: { startLine: 7, startColumn: 12 },
                    },
                  },
                ],
              },
            ],
          },
        ],
      },
    ])
    const junit = await gate(place, ['-f', manifest, '--output', 'junit'])
    expect(junit.code).toBe(1)
    expect(junit.stdout).toContain('<testsuites tests="1" failures="1" errors="0">')
    expect(junit.stdout).toContain(`<failure type="NOT_DISTROLESS" message="denied">`)
    const github = await gate(place, ['-f', manifest, '--output', 'github'])
    expect(github.code).toBe(1)
    expect(github.stdout).toMatch(
      new RegExp(`^::error file=${manifest},line=7,col=12,title=assay gate%3A NOT_DISTROLESS::`),
    )
    const clean = await place.write('clean.yaml', pod(`${registry.host}/app:1`))
    expect(await gate(place, ['-f', clean, '--output', 'github'])).toMatchObject({
      code: 0,
      stdout: 'assay gate: 1 of 1 images allowed\n',
    })
  })

  it('what cannot be read: exit 2 with every place, before anything is asked', async () => {
    await using place = await workspace()
    const wrong = await place.write('wrong.yaml', `${pod('a:b:c')}---\nkind: Pod\n  x: {{ y }}\n`)
    const run = await gate(place, ['-f', wrong])
    expect(run.code).toBe(2)
    expect(run.stderr).toContain(`${wrong}:7:12: spec.containers[0].image: `)
    expect(run.stderr).not.toContain('\ufffd')
    expect(run.stderr).toContain(`problem: ${wrong}:9:7: `)
    expect(await gate(place, ['-f', place.path('none')])).toMatchObject({ code: 2 })
    await mkdir(place.path('empty'))
    expect(await gate(place, ['-f', place.path('empty')])).toMatchObject({ code: 2 })
    const other = await place.write('other.yaml', 'a: 1\n')
    const nothing = await gate(place, ['-f', other])
    expect(nothing.code).toBe(2)
    expect(nothing.stderr).toContain('note: ')
    expect(nothing.stderr).toContain('[NO_IMAGES]')
    expect(await gate(place, [])).toMatchObject({ code: 2 })
  })

  it('helm and kustomize do their work; without them the request is wrong', async () => {
    await using place = await workspace()
    await using registry = await served()
    await mkdir(place.path('bin'))
    const without = await gate(place, ['--helm', 'chart'], { PATH: place.path('bin') })
    expect(without.code).toBe(2)
    expect(without.stderr).toContain('helm is not there')
    for (const name of ['helm', 'kustomize']) {
      const text = pod(`${registry.host}/app:1`)
      await place.write(
        `bin/${name}`,
        `#!/bin/sh\ncase "$*" in\n*broken*) echo no such chart >&2; exit 1;;\nesac\ncat <<'X'\n${text}X\n`,
      )
      await chmod(place.path('bin', name), 0o755)
      const env = { PATH: `${place.path('bin')}:${process.env['PATH'] ?? ''}` }
      const run = await gate(place, [`--${name}`, 'chart', '-o', 'json'], env)
      expect(run.code).toBe(0)
      expect(JSON.parse(run.stdout).decisions[0].places).toMatchObject([{ file: `${name}:chart`, line: 7 }])
      const refused = await gate(place, [`--${name}`, 'broken'], env)
      expect(refused.code).toBe(2)
      expect(refused.stderr).toContain('no such chart')
    }
  })
})
