import { chmod } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { runCli, type CliRun } from '../support/cli.ts'
import { identityProvider, type IdentityProvider } from '../support/identity-provider.ts'
import { plainImage, services, workspace, type Workspace } from '../support/workspace.ts'

/** Stands in for a browser: opens the page, follows it to its end, and keeps what was shown. */
const browser = `import { writeFile } from 'node:fs/promises'
const response = await fetch(process.argv[2])
await writeFile(process.argv[3], response.status + ' ' + (await response.text()))
`

interface Scene {
  readonly place: Workspace
  readonly provider: IdentityProvider
  readonly token: string
  readonly sign: (flags: readonly string[], env?: Readonly<Record<string, string>>) => Promise<CliRun>
}

/** Signs with somebody who signs in; where that succeeds, the identity of the provider verifies, else nothing. */
async function withScene(act: (scene: Scene) => Promise<CliRun>): Promise<void> {
  await using place = await workspace()
  await using sigstore = await services(place)
  await using provider = await identityProvider(sigstore.sigstore)
  const image = await place.image('image', plainImage)
  await place.write('browser.mjs', browser)
  const run = await act({
    place,
    provider,
    token: sigstore.token,
    sign: (flags, env = {}) =>
      runCli(['sign', '--oidc-issuer', provider.url, ...flags, ...sigstore.sign, image.reference], { env }),
  })
  const demand = ['--certificate-identity', 'release@acme.test', '--certificate-oidc-issuer', provider.url]
  const verified = await runCli(['verify', ...demand, ...sigstore.verify, image.reference])
  expect(verified.code === 0).toBe(run.code === 0)
  expect(run.stdout + run.stderr).not.toContain('canary')
}

describe('signing in', () => {
  it('with a browser: its address is printed, and the page says that it worked', async () => {
    await withScene(async ({ place, sign }) => {
      const opened = `exec "${process.execPath}" "${place.path('browser.mjs')}" "$1" "${place.path('shown')}"`
      const script = `#!/bin/sh\nenv > "${place.path('seen')}"\n${opened}\n`
      await chmod(await place.write('browser', script), 0o755)
      const secrets = { COSIGN_PASSWORD: 'canary', REGISTRY_TOKEN: 'canary' }
      const env = { BROWSER: place.path('browser'), DISPLAY: ':7', ...secrets }
      const run = await sign(['--fulcio-auth-flow', 'normal'], env)
      expect(run).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/^Sign in with your browser at\n {2}http/),
      })
      expect(run.stdout).toContain('release@acme.test')
      // The stand-in for a browser may write a little later than the run ends.
      await expect.poll(() => place.read('shown')).toMatch(/^200 [^]*You are signed in/)
      const seen = await place.read('seen')
      expect(seen).toContain('DISPLAY=:7\n')
      expect(seen).not.toContain('canary')
      return run
    })
  })

  it('on another device: the code is printed, and the issuer is asked until somebody did', async () => {
    await withScene(async ({ provider, sign }) => {
      const run = await sign(['--fulcio-auth-flow', 'device'])
      expect(run).toMatchObject({
        code: 0,
        stderr: `Sign in with the code ABCD-EFGH at\n  ${provider.url}/activate\n`,
      })
      expect(provider.asked.filter(({ path }) => path === '/token')).toHaveLength(2)
      return run
    })
  })

  it('as a program, with the secret of a file', async () => {
    await withScene(async ({ place, provider, sign }) => {
      const secret = await place.write('secret', 'client-canary\n')
      const flags = ['--fulcio-auth-flow', 'client_credentials', '--oidc-client-id', 'robot']
      const run = await sign([...flags, '--oidc-client-secret-file', secret])
      expect(run).toMatchObject({ code: 0, stderr: '' })
      expect(provider.asked.at(-1)?.parameters.get('client_id')).toBe('robot')
      return run
    })
  })

  it('that the issuer refuses ends it, with its reason', async () => {
    await withScene(async ({ provider, sign }) => {
      provider.override(({ path }) =>
        path === '/token' ? { status: 400, json: { error: 'access_denied' } } : undefined,
      )
      const run = await sign(['--fulcio-auth-flow', 'device'])
      expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('access_denied') })
      return run
    })
  })

  it('needs an issuer that answers, and is named when it does not', async () => {
    await withScene(async ({ provider, sign }) => {
      provider.override(() => ({ status: 503, json: {} }))
      const run = await sign(['--fulcio-auth-flow', 'device'])
      expect(run).toMatchObject({ code: 3, stderr: expect.stringContaining('the identity provider refused') })
      return run
    })
  })

  it('no flag of it is read and counts for nothing', async () => {
    await withScene(async ({ place, token, sign }) => {
      const useless: readonly (readonly string[])[] = [
        ['--identity-token', token],
        ['--fulcio-auth-flow', 'device', '--identity-token', token],
        ['--fulcio-auth-flow', 'device', '--oidc-redirect-url', 'http://localhost:0/'],
        ['--fulcio-auth-flow', 'client_credentials'],
        ['--key', place.path('release.key')],
      ]
      const runs = await Promise.all(useless.map((flags) => sign(flags)))
      expect(runs.map(({ code }) => code)).toEqual(useless.map(() => 2))
      for (const { stderr } of runs) expect(stderr).toContain('[USAGE]')
      return await sign(['--fulcio-auth-flow', 'token'])
    })
  })

  it('a redirect URL that leads elsewhere is refused', async () => {
    await withScene(async ({ sign }) => {
      const run = await sign(['--fulcio-auth-flow', 'normal', '--oidc-redirect-url', 'http://evil.test/'])
      expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('does not lead to this machine') })
      return run
    })
  })
})
