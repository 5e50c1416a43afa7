import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli, type CliRun } from '../support/cli.ts'
import { runCosign } from '../support/cosign.ts'
import { cosigns, vaultProgram } from '../support/interop-tools.ts'
import { plainImage, workspace, type Workspace } from '../support/workspace.ts'

const [, v3] = cosigns[0] ?? []
if (vaultProgram === undefined || v3 === undefined)
  throw new Error('run .ci/install-interop-tools and .ci/build-vault')

// Vault's own core and transit engine, built from source and run on loopback.
describe('keys in a real Vault', () => {
  let vault: ChildProcess
  let place: Workspace
  let env: Readonly<Record<string, string>>
  let image: string

  const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<CliRun> =>
    runCli(args, { cwd: place.directory, env: { ...env, ...more } })
  const ask = (path: string, body: object): Promise<Response> =>
    fetch(`${env['VAULT_ADDR']}/v1/${path}`, {
      method: 'POST',
      headers: { 'x-vault-token': env['VAULT_TOKEN'] ?? '' },
      body: JSON.stringify(body),
    })
  const newKey = (name: string, algorithm: string): Promise<CliRun> =>
    run([
      'keys',
      'generate',
      '--kms',
      `hashivault://${name}`,
      '--algorithm',
      algorithm,
      '--output-key-prefix',
      name,
    ])
  const unlogged = '--insecure-ignore-tlog'
  const sign = ['sign', '--tlog-upload=false', '--key']

  beforeAll(async () => {
    place = await workspace()
    vault = spawn(vaultProgram ?? '', [], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(createInterface({ input: vault.stdout ?? process.stdin }), 'line')
    const [address = '', token = ''] = String(line).split(' ')
    env = { VAULT_ADDR: address, VAULT_TOKEN: token }
    await ask('sys/mounts/transit', { type: 'transit' })
    image = (await place.image('image', plainImage)).reference
  }, 60_000)
  afterAll(async () => {
    vault.kill()
    await place[Symbol.asyncDispose]()
  })

  for (const algorithm of ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa-2048', 'rsa-4096', 'ed25519']) {
    it(`${algorithm}: a key that is made there signs, and verifies by its file and by its name`, async () => {
      expect(await newKey(algorithm, algorithm)).toMatchObject({ code: 0, stderr: '' })
      const key = `hashivault://${algorithm}`
      expect(await run([...sign, key, image])).toMatchObject({ code: 0 })
      for (const by of [`${algorithm}.pub`, key])
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await run(['verify', '--key', by, unlogged, image])).toMatchObject({ code: 0 })
    })
  }

  it('one key signs for assay and for cosign, and each verifies the other', async () => {
    await newKey('shared', 'ecdsa-p256')
    await place.write('app.tar', 'the bytes of a release')
    const key = ['--key', 'hashivault://shared']
    const mine = ['--tlog-upload=false', '--bundle', 'mine.json', 'app.tar']
    expect(await run(['sign-blob', ...key, ...mine])).toMatchObject({ code: 0 })
    const options = { home: place.directory, env }
    const verified = ['verify-blob', ...key, unlogged, '--bundle', 'mine.json', 'app.tar']
    expect(await runCosign(v3 ?? '', verified, options)).toMatchObject({ status: 0 })
    const theirs = ['--use-signing-config=false', '--tlog-upload=false', '--yes', '--bundle', 'theirs.json']
    expect(await runCosign(v3 ?? '', ['sign-blob', ...key, ...theirs, 'app.tar'], options)).toMatchObject({
      status: 0,
    })
    expect(await run(['verify-blob', ...key, unlogged, '--bundle', 'theirs.json', 'app.tar'])).toMatchObject({
      code: 0,
    })
  })

  it('after a rotation the newest version signs', async () => {
    await newKey('turned', 'ecdsa-p256')
    await ask('transit/keys/turned/rotate', {})
    const key = ['--key', 'hashivault://turned']
    const blob = ['--tlog-upload=false', '--bundle', 'turned.json', await place.write('blob', 'blob')]
    expect(await run(['sign-blob', ...key, ...blob])).toMatchObject({ code: 0 })
    const verify = ['verify-blob', unlogged, '--bundle', 'turned.json', 'blob']
    expect(await run([...verify, ...key])).toMatchObject({ code: 0 })
    expect(await run([...verify, '--key', 'turned.pub'])).toMatchObject({ code: 1 })
  })

  it('a wrong token, a key that is not there, and one that is: Vault is named, its token is not', async () => {
    await newKey('taken', 'ecdsa-p256')
    const wrong = await run([...sign, 'hashivault://taken', image], { VAULT_TOKEN: 'hvs.canary' })
    expect(wrong).toMatchObject({ code: 3, stderr: expect.stringContaining('Vault refused') })
    expect(wrong.stderr).not.toContain('canary')
    expect(await run([...sign, 'hashivault://none', image])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('Vault'),
    })
    expect(await newKey('taken', 'ecdsa-p256')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('KEY_FILE_EXISTS'),
    })
  })
})
