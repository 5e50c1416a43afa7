import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { bundledCli, runCli } from '../support/cli.ts'
import { password, plainImage, workspace } from '../support/workspace.ts'

describe('I-14: image references from pipelines', () => {
  it.each([
    ['a misplaced option', '-rf'],
    ['an option behind --', '--output'],
    ['a newline', 'registry.test/app:1\nregistry.test/evil:1'],
    ['a carriage return', 'registry.test/app:1\r'],
    ['a terminal escape', 'registry.test/app:\u001b[2J1'],
    ['a command substitution', '$(touch pwned)'],
    ['an environment variable', '${IMAGE}'],
    ['a response file', '@/etc/passwd'],
    ['a URL', 'https://registry.test/app:1'],
    ['nothing', ''],
  ])('%s is a wrong request, printed without harm', async (_name, reference) => {
    await using place = await workspace()
    const result = await runCli(['inspect', '--', reference], { cwd: place.directory, env: { IMAGE: 'x' } })
    expect(result.code).toBe(2)
    expect(result.stdout).toBe('')
    expect(result.stderr).toContain('INVALID_REFERENCE')
    // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
    expect(result.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
    expect(existsSync(place.path('pwned'))).toBe(false)
  })
})

describe('I-18: exit codes and JSON agree', () => {
  it('a refusal has ok: false and exit 1; what could not be told has ok: false and exit 3', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    await place.keys()
    const line = ['verify', '--key', place.path('release.pub'), '--insecure-ignore-tlog', '--output', 'json']
    const refused = await runCli([...line, image.reference])
    expect(refused.code).toBe(1)
    expect(JSON.parse(refused.stdout)).toMatchObject({ ok: false })
    const unknown = await runCli([...line, `oci:${place.path('nothing')}`])
    expect(unknown.code).toBe(3)
    expect(JSON.parse(unknown.stdout)).toMatchObject({ ok: false })
    const one = await runCli(
      ['sign', '--key', place.path('release.key'), '--tlog-upload=false', image.reference],
      {
        env: password,
      },
    )
    expect(one.code).toBe(0)
    // One good image does not make up for another.
    const both = await runCli([...line, image.reference, `oci:${place.path('nothing')}`])
    expect(both.code).toBe(3)
    expect(JSON.parse(both.stdout)).toMatchObject({ ok: false, images: [{ ok: true }, { ok: false }] })
  })

  it('a wrong request with --output json is a JSON document with ok: false, too', async () => {
    const result = await runCli(['inspect', '--output', 'json', 'registry.test/UPPER'])
    expect(result.code).toBe(2)
    expect(JSON.parse(result.stdout)).toMatchObject({
      schema: 'assay.error/v1',
      ok: false,
      error: { code: 'INVALID_REFERENCE' },
    })
  })

  it.runIf(existsSync('/dev/full'))('a full disk behind stdout is not a success', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    const full = openSync('/dev/full', 'w')
    const code = await exitOf(['inspect', image.reference], full)
    closeSync(full)
    expect(code).not.toBe(0)
    expect(code).not.toBeNull()
  })

  it('a reader that is gone is not a success', async () => {
    await using place = await workspace()
    const image = await place.image('image', plainImage)
    const child = spawn(process.execPath, [bundledCli, 'inspect', image.reference], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    child.stdout.destroy()
    const code = await new Promise<number | null>((done) => child.on('close', done))
    expect(code).not.toBe(0)
    expect(code).not.toBeNull()
  })
})

function exitOf(args: readonly string[], stdout: number): Promise<number | null> {
  const child = spawn(process.execPath, [bundledCli, ...args], { stdio: ['ignore', stdout, 'ignore'] })
  return new Promise((done) => child.on('close', done))
}
