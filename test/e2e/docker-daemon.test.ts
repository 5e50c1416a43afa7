import { execFile, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { promisify } from 'node:util'
import { openArchive } from '@assay/registry'
import { describe, expect, test } from 'vitest'
import { all } from '../support/artifacts.ts'
import { runCli } from '../support/cli.ts'
import { dockerEngine } from '../support/docker-engine.ts'
import { testCa } from '../support/tls.ts'
import { plainImage, workspace, type Workspace } from '../support/workspace.ts'

const run = promisify(execFile)
const noSkopeo = process.env['CI'] !== 'true' && spawnSync('skopeo', ['--version']).status !== 0

/** What `docker save` writes since version 25, of the image in the workspace. */
async function newSave(place: Workspace): Promise<{ archive: Uint8Array; digest: string }> {
  const { descriptor, reference } = await place.image('image', plainImage)
  const file = place.path('save.tar')
  expect(await runCli(['copy', reference, `docker-archive:${file}:app:1`])).toMatchObject({ code: 0 })
  return { archive: await readFile(file), digest: descriptor.digest }
}

function leftovers(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('assay-docker-'))
}

describe('docker-daemon:', () => {
  test('is read over the socket of the engine, with the digest that registries know, and leaves no file', async () => {
    await using place = await workspace()
    const { archive, digest } = await newSave(place)
    await using engine = await dockerEngine({ socket: place.path('docker.sock') })
    engine.images.set('docker.io/library/app:1', archive)
    const before = leftovers()
    const env = { DOCKER_HOST: engine.host }
    const copied = await runCli(['copy', 'docker-daemon:app:1', `oci:${place.path('out')}:v1`], { env })
    expect(copied).toMatchObject({ code: 0, stderr: '' })
    expect(copied.stdout).toContain(digest)
    expect(engine.log).toEqual([
      'GET /_ping',
      'GET /v1.47/images/docker.io/library/app:1/json',
      'GET /v1.47/images/docker.io/library/app:1/get',
    ])
    expect(await runCli(['inspect', `docker-daemon:app:1@${digest}`], { env })).toMatchObject({ code: 3 })
    const inspected = await runCli(['inspect', 'docker-daemon:app:1', '-o', 'json'], { env })
    expect(inspected.stdout).toContain(digest)
    expect(leftovers().filter((name) => !before.includes(name))).toEqual([])
  })

  test.skipIf(noSkopeo)('reads the older form, by a name and by an image ID', async () => {
    await using place = await workspace()
    const { reference } = await place.image('image', plainImage)
    const file = place.path('old.tar')
    await run('skopeo', [
      '--insecure-policy',
      'copy',
      '-q',
      reference.replace(/:test$/, ':test'),
      `docker-archive:${file}:app:1`,
    ])
    await using engine = await dockerEngine({ socket: place.path('docker.sock') })
    const id = `sha256:${'a'.repeat(64)}`
    engine.images.set('docker.io/library/app:1', await readFile(file))
    engine.images.set(id, await readFile(file))
    const env = { DOCKER_HOST: engine.host }
    for (const name of ['app:1', id])
      expect(await runCli(['inspect', `docker-daemon:${name}`], { env })).toMatchObject({ code: 0 })
  })

  test('is written by giving the engine an archive, and what the engine says against it is an error', async () => {
    await using place = await workspace()
    const { reference, descriptor } = await place.image('image', plainImage)
    await using engine = await dockerEngine({ socket: place.path('docker.sock') })
    const env = { DOCKER_HOST: engine.host }
    const copy = ['copy', reference, 'docker-daemon:team/app:1']
    expect(await runCli(copy, { env })).toMatchObject({ code: 0, stderr: '' })
    const file = await place.write('loaded.tar', engine.loaded[0] ?? '')
    const archive = openArchive({ path: file, format: 'docker' })
    expect(await all(archive.tags())).toEqual(['docker.io/team/app:1'])
    expect(await archive.resolve('team/app:1')).toEqual(descriptor)
    engine.loadAnswer = '{"stream":"x"}\n{"errorDetail":{"message":"no space"},"error":"no space left"}\n'
    const failed = await runCli(copy, { env })
    expect(failed.code).toBe(3)
    expect(failed.stderr).toContain('[WRITE_FAILED]')
    expect(failed.stderr).toContain('no space left')
  })

  test('over TCP with TLS shows its certificate and asks for one of the given CA', async () => {
    await using place = await workspace()
    const { archive } = await newSave(place)
    const ca = testCa()
    const [server, client] = [ca.issue('DNS:localhost'), ca.issue()]
    const tls = { key: server.key, cert: server.certificate, ca: ca.certificate }
    await using engine = await dockerEngine({ tls })
    engine.images.set('docker.io/library/app:1', archive)
    await mkdir(place.path('certs'))
    await place.write('certs/ca.pem', ca.certificate)
    await place.write('certs/cert.pem', client.certificate)
    await place.write('certs/key.pem', client.key)
    const env = { DOCKER_HOST: engine.host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: place.path('certs') }
    expect(await runCli(['inspect', 'docker-daemon:app:1'], { env })).toMatchObject({ code: 0 })
    await place.write('certs/ca.pem', testCa().certificate)
    const refused = await runCli(['inspect', 'docker-daemon:app:1'], { env })
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain('[UNREACHABLE]')
  })

  test.each([
    ['an engine that is not there', 'unix:///nonexistent/docker.sock', 3, '[UNREACHABLE]'],
    ['another machine without TLS', 'tcp://engine.example:2375', 3, '[PROTOCOL_ERROR]'],
    ['a way that we do not go', 'ssh://me@engine.example', 2, 'ssh -L'],
    ['no address at all', 'tcp://', 2, '[UNSUPPORTED]'],
  ])('refuses %s', async (...[, host, code, words]) => {
    const result = await runCli(['inspect', 'docker-daemon:app:1'], { env: { DOCKER_HOST: host } })
    expect(result.code).toBe(code)
    expect(result.stderr).toContain(words)
  })

  test('an image that the engine does not have is not there, in the words of the engine', async () => {
    await using place = await workspace()
    await using engine = await dockerEngine({ socket: place.path('docker.sock') })
    const result = await runCli(['inspect', 'docker-daemon:app:1'], { env: { DOCKER_HOST: engine.host } })
    expect(result.code).toBe(3)
    expect(result.stderr).toContain('[NOT_FOUND]')
    expect(result.stderr).toContain('No such image')
  })

  test('an export that is cut or is no archive is refused', async () => {
    await using place = await workspace()
    const { archive } = await newSave(place)
    await using engine = await dockerEngine({ socket: place.path('docker.sock') })
    engine.images.set('docker.io/library/app:1', archive.subarray(0, archive.byteLength - 2000))
    const env = { DOCKER_HOST: engine.host }
    const cut = await runCli(['inspect', 'docker-daemon:app:1'], { env })
    expect(cut.code).toBe(1)
    expect(cut.stderr).toContain('[MALFORMED_CONTENT]')
  })
})
