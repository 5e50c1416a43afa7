import { once } from 'node:events'
import { createServer } from 'node:http'
import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { runCli, type CliRun } from '../support/cli.ts'
import { testRegistry } from '../support/registry.ts'
import type { RegistryAuth } from '../support/registry/auth.ts'
import { plainImage, workspace, type Workspace } from '../support/workspace.ts'

const account = { username: 'ci', password: 'pass:word é' } as const

interface Scene extends AsyncDisposable {
  readonly place: Workspace
  readonly host: string
  /** `config.json` of the user. */
  readonly config: string
  run(args: readonly string[], stdin?: string): Promise<CliRun>
  login(password?: string): Promise<CliRun>
}

async function scene(auth?: RegistryAuth): Promise<Scene> {
  const place = await workspace()
  const registry = await testRegistry(auth === undefined ? {} : { auth }).serve()
  await mkdir(place.path('bin'))
  const env = {
    DOCKER_CONFIG: place.path('docker'),
    PATH: `${place.path('bin')}:${process.env['PATH'] ?? ''}`,
  }
  const run = (args: readonly string[], stdin = ''): Promise<CliRun> => runCli(args, { env, stdin })
  return {
    place,
    host: registry.host,
    config: place.path('docker', 'config.json'),
    run,
    login: (password = account.password) =>
      run(['login', '--username', account.username, '--password-stdin', registry.host], `${password}\n`),
    async [Symbol.asyncDispose]() {
      await registry.close()
      await place[Symbol.asyncDispose]()
    },
  }
}

const kinds: readonly [string, RegistryAuth][] = [
  ['Basic', { kind: 'basic', ...account }],
  ['Bearer', { kind: 'bearer', ...account }],
]

describe.each(kinds)('assay login at a registry with %s authentication', (_name, auth) => {
  it('keeps what the registry accepts, for its owner only, and the registry lets us in', async () => {
    await using at = await scene(auth)
    const image = await at.place.image('image', plainImage)
    const target = `${at.host}/a/b:1`
    expect((await at.run(['copy', image.reference, target])).code).toBe(3)
    const result = await at.login()
    expect(result.code).toBe(0)
    expect(result.stdout).toContain(`logged in to ${at.host} as ci`)
    expect(result.stdout + result.stderr).not.toContain(account.password)
    expect((await stat(at.config)).mode & 0o777).toBe(0o600)
    expect(await at.run(['copy', image.reference, target])).toMatchObject({ code: 0, stderr: '' })
  })

  it('keeps nothing that the registry refuses', async () => {
    await using at = await scene(auth)
    const result = await at.login('wrong')
    expect(result.code).toBe(3)
    expect(result.stderr).toContain('[UNAUTHORIZED]')
    await expect(readFile(at.config)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('assay login', () => {
  it('says so where the registry did not look at the password', async () => {
    await using at = await scene()
    const result = await at.login('anything')
    expect(result).toMatchObject({ code: 0 })
    expect(result.stdout).toContain('kept credentials')
    expect(result.stderr).toContain('did not look at the password')
  })

  it('leaves everything else in the file alone, also behind a link', async () => {
    await using at = await scene()
    await mkdir(at.place.path('docker'))
    const before = {
      auths: { 'other.example': { auth: 'YTpi' } },
      psFormat: 'table',
      HttpHeaders: { a: 'b' },
    }
    await writeFile(at.place.path('real.json'), JSON.stringify(before))
    await symlink(at.place.path('real.json'), at.config)
    await at.login()
    const after: unknown = JSON.parse(await at.place.read('real.json'))
    const auth = Buffer.from(`ci:${account.password}`).toString('base64')
    expect(after).toEqual({ ...before, auths: { ...before.auths, [at.host]: { auth } } })
    expect((await at.run(['logout', at.host])).stdout).toContain('forgot')
    expect(JSON.parse(await at.place.read('real.json'))).toEqual(before)
  })

  it('does not touch a file that it cannot read', async () => {
    await using at = await scene()
    await mkdir(at.place.path('docker'))
    await writeFile(at.config, '{"auths": {} "')
    const result = await at.login()
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('[INVALID_CREDENTIALS]')
    expect(await readFile(at.config, 'utf8')).toBe('{"auths": {} "')
  })

  it('gives the password to the helper that is named, and to no file', async () => {
    await using at = await scene({ kind: 'basic', ...account })
    await mkdir(at.place.path('docker'))
    await writeFile(
      at.config,
      JSON.stringify({ credsStore: 'test', auths: { [at.host]: { auth: 'b2xkOm9sZA==' } } }),
    )
    const stored = at.place.path('stored')
    const helper = at.place.path('bin', 'docker-credential-test')
    await writeFile(
      helper,
      `#!/bin/sh\ncase $1 in store) cat > ${stored};; get) cat ${stored} 2>/dev/null || { echo credentials not found; exit 1; };; erase) rm -f ${stored};; esac\n`,
    )
    await chmod(helper, 0o755)
    const result = await at.login()
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(result.stdout).toContain('docker-credential-test')
    expect(JSON.parse(await at.place.read('stored'))).toEqual({
      ServerURL: at.host,
      Username: 'ci',
      Secret: account.password,
    })
    expect(JSON.parse(await readFile(at.config, 'utf8'))).toEqual({ credsStore: 'test', auths: {} })
    expect(await at.run(['logout', at.host])).toMatchObject({ code: 0, stderr: '' })
    await expect(at.place.read('stored')).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it.each([
    ['an address', 'https://registry.example/'],
    ['a repository', 'registry.example/app'],
  ])('refuses %s in place of a host', async (_name, host) => {
    await using at = await scene()
    const result = await at.run(['login', '-u', 'a', '--password-stdin', host], 'x')
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('[INVALID_REFERENCE]')
  })

  it('asks for a password at a terminal only', async () => {
    await using at = await scene()
    const result = await at.run(['login', '-u', 'a', at.host])
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('[PASSWORD_REQUIRED]')
  })
})

describe('assay logout', () => {
  it('says where credentials are left', async () => {
    await using at = await scene()
    await mkdir(at.place.path('podman'))
    const left = at.place.path('podman', 'auth.json')
    await writeFile(left, JSON.stringify({ auths: { [at.host]: { auth: 'YTpi' } } }))
    const env = { DOCKER_CONFIG: at.place.path('docker'), REGISTRY_AUTH_FILE: at.place.path('none.json') }
    expect((await runCli(['logout', at.host], { env })).stdout).toContain('no credentials were kept')
    const result = await runCli(['logout', at.host], {
      env: { ...env, XDG_CONFIG_HOME: at.place.directory, XDG_RUNTIME_DIR: at.place.directory },
    })
    expect(result.code).toBe(0)
    await mkdir(at.place.path('containers'))
    await writeFile(at.place.path('containers', 'auth.json'), await readFile(left))
    const again = await runCli(['logout', at.host], { env: { ...env, XDG_CONFIG_HOME: at.place.directory } })
    expect(again.stderr).toContain(`${at.place.path('containers', 'auth.json')} still has credentials`)
  })
})

describe('B-34 a password from the command line is for one registry', () => {
  it('a run that names two is refused before the second is asked', async () => {
    await using at = await scene({ kind: 'basic', ...account })
    await using other = await scene({ kind: 'basic', ...account })
    const image = await at.place.image('image', plainImage)
    const flags = ['--registry-username', 'ci', '--registry-password-stdin']
    expect(
      await at.run(['copy', ...flags, image.reference, `${at.host}/a:1`], account.password),
    ).toMatchObject({ code: 0 })
    const result = await at.run(['copy', ...flags, `${at.host}/a:1`, `${other.host}/a:1`], account.password)
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('[USAGE]')
  })
  it('also where both are asked at a time', async () => {
    await using at = await scene({ kind: 'basic', ...account })
    const shown: (string | undefined)[] = []
    const other = createServer((request, response) => {
      shown.push(request.headers.authorization)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="other"' }).end()
    })
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    const policy = await at.place.write(
      'policy.yaml',
      [
        'apiVersion: policy.sigstore.dev/v1beta1',
        'kind: ClusterImagePolicy',
        'metadata: {name: p}',
        "spec: {images: [{glob: '**'}], authorities: [{key: {data: KEY}}]}",
      ]
        .join('\n')
        .replace('KEY', JSON.stringify(await publicKeyIn(at.place))),
    )
    const flags = ['--policy', policy, '--registry-username', 'ci', '--registry-password-stdin']
    try {
      const images = [`${at.host}/a:1`, `127.0.0.1:${port}/b:1`]
      const run = await at.run(['gate', ...flags, ...images], account.password)
      expect(run.code).not.toBe(0)
      expect(run.stdout + run.stderr).toContain('is for one registry')
      expect(shown.filter((authorization) => authorization !== undefined)).toEqual([])
    } finally {
      other.close()
    }
  })
})

async function publicKeyIn(place: Workspace): Promise<string> {
  await place.keys()
  return await place.read('release.pub')
}
