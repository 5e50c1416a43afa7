import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { testCa } from '../support/tls.ts'
import { password, plainImage, services, workspace } from '../support/workspace.ts'

const since = 'api-version=1,start-time=2025-01-01T00:00:00Z,operator=acme.test'

describe('a timestamp authority that wants to know its clients', () => {
  it('gets the certificate, has to prove its name, and refuses who has none', async () => {
    await using place = await workspace()
    await using sigstore = await services(place)
    await place.keys()
    const ca = testCa()
    const [own, client, stranger] = [ca.issue('DNS:tsa.acme.test'), ca.issue(), testCa().issue()]
    const tls = {
      cert: own.certificate,
      key: own.key,
      ca: ca.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    }
    const server = createServer(tls, (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const answer = sigstore.sigstore.services.tsa.reply(Buffer.concat(chunks))
        response.writeHead(answer.status, answer.headers).end(answer.body)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port }: AddressInfo = Object(server.address())
    try {
      const files = {
        'ca.pem': ca.certificate,
        'client.pem': client.certificate,
        'client.key': client.key,
        'stranger.pem': stranger.certificate,
        'stranger.key': stranger.key,
      }
      for (const [name, text] of Object.entries(files)) {
        // oxlint-disable-next-line no-await-in-loop -- a few small files
        await place.write(name, text)
      }
      const run = (...args: readonly string[]) => runCli(args, { cwd: place.directory, env: password })
      const { url } = JSON.parse(await place.read('signing_config.json')).rekorTlogUrls[0]
      const described = [
        '--rekor',
        `url=${url},${since}`,
        '--tsa',
        `url=https://localhost:${port}/timestamp,${since}`,
      ]
      await run('signing-config', 'create', ...described, '--out', 'config.json')
      const { reference } = await place.image('image', plainImage)
      const sign = [
        'sign',
        '--key',
        'release.key',
        '--signing-config',
        'config.json',
        '--trusted-root',
        'trusted_root.json',
      ]
      const ours = ['--timestamp-client-cacert', 'ca.pem']
      const named = [...ours, '--timestamp-server-name', 'tsa.acme.test']
      const shown = ['--timestamp-client-cert', 'client.pem', '--timestamp-client-key', 'client.key']
      const strange = ['--timestamp-client-cert', 'stranger.pem', '--timestamp-client-key', 'stranger.key']
      const refused: readonly (readonly string[])[] = [
        shown,
        [...ours, ...shown],
        named,
        [...named, ...strange],
      ]
      for (const flags of refused) {
        // oxlint-disable-next-line no-await-in-loop -- two cores: one process after the other
        const failed = await run(...sign, ...flags, reference)
        expect([flags, failed]).toEqual([
          flags,
          {
            code: 3,
            stdout: '',
            stderr: expect.stringContaining('the timestamp authority cannot be reached'),
          },
        ])
        expect(failed.stderr).not.toContain('PRIVATE KEY')
      }
      expect(await run(...sign, ...named, ...shown.slice(0, 2), reference)).toMatchObject({ code: 2 })
      const signed = await run(...sign, ...named, ...shown, reference)
      expect(signed).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('  at ') })
      const useless = await run(
        'sign',
        '--key',
        'release.key',
        '--tlog-upload=false',
        ...named,
        ...shown,
        reference,
      )
      expect(useless).toMatchObject({ code: 2, stderr: expect.stringContaining('are for nobody') })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
