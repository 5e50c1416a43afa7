import type { RequestListener } from 'node:http'
import { describe, expect, it } from 'vitest'
import { runCli, type CliRun } from '../support/cli.ts'
import { programServer, sha256, type ProgramServer } from '../support/program-server.ts'
import { testCa } from '../support/tls.ts'
import { remoteProgramPolicy } from '../support/remote-program-policy.ts'
import { plainImage, workspace, type Workspace } from '../support/workspace.ts'

const yes = 'isCompliant: true\n'
/** CUE about what is there: static authorities are. */
const no = 'authorityMatches: ci: static: false\n'

const serving: RequestListener = (request, response) => {
  if (request.url === '/yes') response.end(yes)
  else if (request.url === '/no') response.end(no)
  else if (request.url === '/large') response.end(' '.repeat(300 * 1024))
  else if (request.url === '/moved') response.writeHead(302, { location: '/yes' }).end()
  else if (request.url === '/away') response.writeHead(302, { location: 'http://192.0.2.1/yes' }).end()
  else if (request.url !== '/hang') response.writeHead(404).end()
}

async function gate(place: Workspace, text: string, args: readonly string[] = []): Promise<CliRun> {
  const { reference } = await place.image('image', plainImage)
  const file = await place.write('policy.yaml', text)
  return await runCli(['gate', '--policy', file, '-o', 'json', ...args, reference])
}

async function asking(
  path: string,
  text: string,
  args?: readonly string[],
): Promise<CliRun & { readonly asked: readonly string[] }> {
  await using place = await workspace()
  await using server: ProgramServer = await programServer(serving)
  const run = await gate(place, remoteProgramPolicy(`${server.origin}${path}`, sha256(text)), args)
  return { ...run, asked: server.asked }
}

describe('a program that a policy names by URL', () => {
  it('decides as if it stood in the policy, and is asked for once for all images', async () => {
    await using place = await workspace()
    await using server = await programServer(serving)
    const file = await place.write('policy.yaml', remoteProgramPolicy(`${server.origin}/yes`, sha256(yes)))
    const first = await place.image('first', plainImage)
    const second = await place.image('second', { ...plainImage, config: { User: '1' } })
    const run = await runCli(['gate', '--policy', file, first.reference, second.reference])
    expect([run.code, server.asked]).toEqual([0, ['/yes']])
    expect(await asking('/no', no)).toMatchObject({ code: 1, asked: ['/no'] })
  })

  it('is followed to where its server sends, but not into plain http', async () => {
    expect(await asking('/moved', yes)).toMatchObject({ code: 0, asked: ['/moved', '/yes'] })
    expect(await asking('/away', yes)).toMatchObject({ code: 3, asked: ['/away'] })
  })

  it('is not used where it has another digest', async () => {
    const run = await asking('/yes', no)
    expect(run).toMatchObject({ code: 3, asked: ['/yes'] })
    expect(run.stdout).toContain('PROGRAM_MISMATCH')
    expect(run.stdout).toContain(sha256(yes))
    expect(run.stdout).toContain(`sha256 ${sha256(no)}`)
  })

  it('leaves the question open where it is not there, too large, or does not come', async () => {
    expect((await asking('/gone', yes)).stdout).toContain('status 404')
    expect((await asking('/large', ' '.repeat(300 * 1024))).stdout).toContain('LIMIT_EXCEEDED')
    const hanging = await asking('/hang', yes, ['--timeout', '2s'])
    expect([hanging.code, hanging.stdout.includes('TIMED_OUT')]).toEqual([3, true])
    for (const path of ['/gone', '/large']) {
      // oxlint-disable-next-line no-await-in-loop -- one process after the other
      expect(await asking(path, yes)).toMatchObject({ code: 3 })
    }
  })

  it('has a URL whose token is in no output', async () => {
    for (const args of [[], ['--offline']]) {
      // oxlint-disable-next-line no-await-in-loop -- one process after the other
      const run = await asking('/gone?token=hunter22', yes, args)
      expect([run.code, `${run.stdout}${run.stderr}`.includes('hunter22')]).toEqual([3, false])
    }
  })

  it('is not asked for with --offline', async () => {
    const run = await asking('/yes', yes, ['--offline'])
    expect(run).toMatchObject({ code: 3, asked: [] })
    expect(run.stdout).toContain('--offline')
  })

  it('comes over TLS from a server whose authority is trusted, and from no other', async () => {
    const ca = testCa()
    await using place = await workspace()
    await using server = await programServer(serving, ca.issue('DNS:localhost'))
    const authority = await place.write('ca.pem', ca.certificate)
    const text = remoteProgramPolicy(`${server.origin}/yes`, sha256(yes))
    expect(await gate(place, text, ['--registry-cacert', authority])).toMatchObject({ code: 0 })
    await using other = await workspace()
    expect(await gate(other, text)).toMatchObject({ code: 3 })
    expect(server.asked).toEqual(['/yes'])
  })

  it('is neither fetched by lint nor without a warning about http', async () => {
    await using place = await workspace()
    await using server = await programServer(serving)
    const file = await place.write('policy.yaml', remoteProgramPolicy(`${server.origin}/yes`, sha256(no)))
    const run = await runCli(['policy', 'lint', file])
    expect([run.code, server.asked]).toEqual([0, []])
    expect(run.stdout).toContain('a cluster takes https alone')
  })
})
