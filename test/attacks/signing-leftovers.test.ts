import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openPrivateKey } from '@assay/core'
import { describe, expect, it } from 'vitest'
import { bundledCli } from '../support/cli.ts'
import { plainImage, services, workspace, type Workspace } from '../support/workspace.ts'

const secrets = { COSIGN_PASSWORD: 'canary-password', OTHER_SECRET: 'canary-other' } as const

/** The private key as bytes and as the texts that it is written in. */
async function formsOfKey(place: Workspace): Promise<readonly Buffer[]> {
  const { keyObject } = await openPrivateKey(await place.read('release.key'), secrets.COSIGN_PASSWORD)
  const { d = '' } = keyObject.export({ format: 'jwk' })
  const scalar = Buffer.from(d, 'base64url')
  const pkcs8 = keyObject.export({ format: 'der', type: 'pkcs8' })
  return [scalar, ...[scalar.toString('hex'), d, pkcs8.toString('base64')].map((text) => Buffer.from(text))]
}

/** The CLI signs, and waits for a log that does not answer: the key is open, and a signature is made. */
async function withSigner(
  nodeOptions: readonly string[],
  act: (place: Workspace, signer: ChildProcess) => Promise<void>,
): Promise<void> {
  await using place = await workspace()
  await using sigstore = await services(place)
  const image = await place.image('image', plainImage)
  const pair = ['keys', 'generate', '--output-key-prefix', place.path('release')]
  const [made] = await once(start(place, pair), 'close')
  expect(made).toBe(0)
  const asked = new Promise<void>((resolve) =>
    sigstore.sigstore.fail(({ url }) => {
      if (!url.pathname.startsWith('/api/v1/log')) return Promise.resolve(undefined)
      resolve()
      return new Promise(() => {})
    }),
  )
  const sign = ['sign', '--key', place.path('release.key'), ...sigstore.sign, image.reference]
  const signer = start(place, sign, { NODE_OPTIONS: nodeOptions.join(' ') })
  try {
    await asked
    await act(place, signer)
  } finally {
    signer.kill('SIGKILL')
  }
}

/** Starts the CLI where core files are wanted, however large. */
function start(place: Workspace, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const script = 'ulimit -c unlimited; exec "$@"'
  return spawn('sh', ['-c', script, 'sh', process.execPath, bundledCli, ...args], {
    cwd: place.directory,
    env: { PATH: process.env['PATH'], HOME: place.directory, ...secrets, ...env },
    stdio: 'ignore',
  })
}

/** Everything that is called so, in one piece. */
async function contentOf(place: Workspace, name: RegExp): Promise<Buffer> {
  const names = (await readdir(place.directory)).filter((each) => name.test(each))
  return Buffer.concat(await Promise.all(names.map((each) => readFile(join(place.directory, each)))))
}

describe.runIf(process.platform === 'linux')('G-01: what a process that ends badly leaves behind', () => {
  it('a core file holds neither the key nor the password', async () => {
    await withSigner([], async (place, signer) => {
      const filter = await readFile(`/proc/${signer.pid}/coredump_filter`, 'utf8')
      expect(filter.trim()).toBe('00000000')
      signer.kill('SIGABRT')
      await once(signer, 'close')
      const core = await contentOf(place, /^core/)
      // Some systems hand core files to a program instead.
      const pattern = await readFile('/proc/sys/kernel/core_pattern', 'utf8')
      expect(core.byteLength > 0).toBe(pattern.startsWith('core'))
      for (const form of await formsOfKey(place)) expect(core.includes(form)).toBe(false)
      expect(core.includes('canary')).toBe(false)
    })
  })

  it('a diagnostic report of Node holds nothing of the environment', async () => {
    const options = ['--report-on-signal', '--report-signal=SIGUSR2', '--report-filename=report.json']
    await withSigner(options, async (place, signer) => {
      signer.kill('SIGUSR2')
      await expect.poll(() => place.read('report.json').catch(() => '')).toMatch(/\}\s*$/)
      const report: Readonly<Record<string, unknown>> = JSON.parse(await place.read('report.json'))
      expect(report).toHaveProperty('header')
      expect(report).not.toHaveProperty('environmentVariables')
      expect(JSON.stringify(report)).not.toContain('canary')
    })
  })

  it('a heap snapshot of Node holds neither the key nor the password', { timeout: 60_000 }, async () => {
    await withSigner(['--heapsnapshot-signal=SIGUSR2'], async (place, signer) => {
      signer.kill('SIGUSR2')
      const snapshot = (): Promise<Buffer> => contentOf(place, /\.heapsnapshot$/)
      const isWhole = async (): Promise<boolean> => (await snapshot()).subarray(-4).includes('}')
      await expect.poll(isWhole, { timeout: 30_000, interval: 300 }).toBe(true)
      const content = await snapshot()
      for (const form of await formsOfKey(place)) expect(content.includes(form)).toBe(false)
      expect(content.includes('canary')).toBe(false)
    })
  })
})
