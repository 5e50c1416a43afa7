import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { plainImage, services, workspace } from '../support/workspace.ts'

/** Nobody listens on it: it is for who asks what port a service has (RFC 1078). */
const nobody = 'http://127.0.0.1:1'

const lists = [
  ['Fulcio', 'caUrls'],
  ['Rekor', 'rekorTlogUrls'],
  ['the timestamp authority', 'tsaUrls'],
] as const

describe('a service of the signing config', () => {
  for (const [name, list] of lists) {
    it(`${name} that is down is named with its address, and nothing is attached or written`, async () => {
      await using place = await workspace()
      await using sigstore = await services(place)
      const image = await place.image('image', plainImage)
      const config = JSON.parse(await place.read('signing_config.json'))
      for (const service of config[list]) service.url = nobody
      await place.write('signing_config.json', JSON.stringify(config))
      const before = await place.read('image/index.json')
      const keyless = ['--identity-token', sigstore.token, '--bundle', place.path('bundle.json')]
      const run = await runCli(['sign', ...keyless, ...sigstore.sign, image.reference])
      expect(run).toMatchObject({ code: 3, stdout: '' })
      expect(run.stderr).toContain(`${name} `)
      expect(run.stderr).toContain('SERVICE_UNREACHABLE')
      expect(run.stderr).toContain(nobody)
      expect(await place.read('image/index.json')).toBe(before)
      await expect(place.read('bundle.json')).rejects.toThrow('ENOENT')
    })
  }

  it('says no with its reason, which is one line without control characters', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    const image = await place.image('image', plainImage)
    sigstore.sigstore.fail(({ url }) =>
      Promise.resolve(
        url.pathname.startsWith('/api/v1/log')
          ? { status: 422, headers: {}, body: bytes('no\u001B[2J\r\nerror: SIGNED') }
          : undefined,
      ),
    )
    const run = await runCli(['sign', '--identity-token', sigstore.token, ...sigstore.sign, image.reference])
    expect(run).toMatchObject({ code: 3, stdout: '' })
    expect(run.stderr).toMatch(/^error: Rekor refused/)
    expect(run.stderr).not.toContain('\u001B')
    expect(run.stderr).not.toMatch(/^error: SIGNED/m)
  })
})

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text))
}
