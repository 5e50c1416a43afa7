import { readdir, rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli, type CliRun } from '../support/cli.ts'
import { programServer, sha256, type ProgramServer } from '../support/program-server.ts'
import { remoteProgramPolicy } from '../support/remote-program-policy.ts'
import { plainImage, services, workspace, type ServedServices, type Workspace } from '../support/workspace.ts'

const program = 'isCompliant: true\n'
const fileName = `recorded/programs/${sha256(program)}`

const tests = `apiVersion: assay.dev/v1alpha1
kind: PolicyTest
metadata: {name: t}
spec:
  policies: [policy.yaml]
  cases:
    - {name: with its program, recording: recorded, expect: allow}
    - {name: without it, recording: bare, expect: undecided, because: [PROGRAM_UNRESOLVED]}
`

describe('assay policy record --policy', () => {
  let place: Workspace
  let server: ProgramServer
  let sigstore: ServedServices
  let reference: string

  beforeAll(async () => {
    place = await workspace()
    sigstore = await services(place)
    server = await programServer((request, response) => {
      if (request.url === '/p') response.end(program)
      else response.writeHead(404).end()
    })
    await place.write('policy.yaml', remoteProgramPolicy(`${server.origin}/p`, sha256(program)))
    await place.write('test.yaml', tests)
    reference = (await place.image('image', plainImage)).reference
  })

  afterAll(async () => {
    await sigstore[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
    await place[Symbol.asyncDispose]()
  })

  const record = async (name: string, args: readonly string[]): Promise<CliRun> => {
    const root = ['--trusted-root', place.path('trusted_root.json')]
    return await runCli(['policy', 'record', '--dir', place.path(name), ...root, ...args, reference])
  }

  const replay = async (): Promise<CliRun> =>
    await runCli(['policy', 'test', place.path('test.yaml')], { wrapper: ['unshare', '-rn'] })

  it('keeps the programs, which tests use without a network', async () => {
    const run = await record('recorded', ['--policy', place.path('policy.yaml')])
    expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining('https alone') })
    expect(run.stdout).toContain(`program  sha256:${sha256(program)}`)
    expect(await place.read(fileName)).toBe(program)
    expect(await record('bare', [])).toMatchObject({ code: 0 })
    expect(await replay()).toMatchObject({ code: 0, stderr: '' })
    expect(server.asked).toEqual(['/p'])
  })

  it('cannot tell with a program that was changed, or taken away', async () => {
    await place.write(fileName, 'isCompliant: _\n')
    const changed = await replay()
    expect([changed.code, changed.stdout.includes('RECORDING_CHANGED')]).toEqual([3, true])
    await rm(place.path(fileName))
    const gone = await replay()
    expect([gone.code, gone.stdout.includes('RECORDING_UNREADABLE')]).toEqual([3, true])
  })

  it('is no recording where a program cannot be had', async () => {
    const file = await place.write('gone.yaml', remoteProgramPolicy(`${server.origin}/gone`, sha256(program)))
    const run = await record('gone', ['--policy', file])
    expect([run.code, run.stderr.includes('PROGRAM_UNAVAILABLE')]).toEqual([3, true])
    expect(await readdir(place.directory)).not.toContain('gone')
    const offline = await record('offline', ['--offline', '--policy', place.path('policy.yaml')])
    expect([offline.code, offline.stderr.includes('--offline')]).toEqual([3, true])
  })
})
