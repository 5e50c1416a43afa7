import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { bundledCli, runCli } from '../support/cli.ts'
import { plainImage, releaseIdentity, services, workspace } from '../support/workspace.ts'

/** Runs the CLI at a terminal of its own, where somebody answers its question; gives what the terminal showed. */
async function atTerminal(args: readonly string[], answer: string): Promise<string> {
  const line = [process.execPath, bundledCli, ...args].map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    env: { PATH: process.env['PATH'], HOME: '/nowhere', TERM: 'dumb' },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 30_000,
  })
  let shown = ''
  for await (const chunk of child.stdout) {
    const before = shown
    shown += String(chunk)
    if (!before.includes('[y/N]') && shown.includes('[y/N]')) child.stdin.write(`${answer}\n`)
  }
  return shown
}

describe('somebody at the terminal', () => {
  it('is asked before their identity goes into a public log, and no is no', { timeout: 60_000 }, async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    const sign = ['sign', '--identity-token', sigstore.token, ...sigstore.sign, image.reference]
    const verify = ['verify', ...releaseIdentity, ...sigstore.verify, image.reference]
    const declined = await atTerminal(sign, 'n')
    expect(declined).toContain('release@acme.test (https://id.acme.test)')
    expect(declined).toContain('DECLINED')
    expect(sigstore.sigstore.requests).toEqual([])
    expect((await runCli(verify)).code).toBe(1)
    expect(await atTerminal(sign, 'y')).toContain('SIGNED')
    expect((await runCli(verify)).code).toBe(0)
    expect(await atTerminal([...sign, '--yes'], 'n')).not.toContain('[y/N]')
  })
})
