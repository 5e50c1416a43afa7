import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fetchTufTarget } from '@assay/core'
import { describe, expect, it } from 'vitest'
import { runCli, type CliRun } from '../support/cli.ts'
import { virtualSigstore } from '../support/sigstore/virtual-sigstore.ts'
import { release, rootOf, serveTuf, signed, tufKey, type TufFiles } from '../support/tuf-repository.ts'
import { workspace, type Workspace } from '../support/workspace.ts'

const key = tufKey()
const target = Buffer.from(virtualSigstore().trustedRoot)

/** What a user has who trusts this repository. */
async function environment(place: Workspace, mirror: string): Promise<Readonly<Record<string, string>>> {
  const root = await place.write('root.json', signed(rootOf({ keys: [key] }), [key]))
  return { TUF_MIRROR: mirror, TUF_ROOT_JSON: root, HOME: place.path('home') }
}

function cacheOf(place: Workspace, mirror: string): string {
  return place.path('home', '.cache', 'assay', 'tuf', encodeURIComponent(new URL(mirror).host))
}

function trust(env: Readonly<Record<string, string>>, wrapper: readonly string[] = []): Promise<CliRun> {
  return runCli(['trust'], { env, wrapper })
}

describe('the TUF cache', () => {
  it('a home that cannot be written to is none: trust is brought up to date, nothing is kept', async () => {
    await using place = await workspace()
    await using tuf = await serveTuf(release(key, target))
    const env = await environment(place, tuf.mirror)
    expect(await trust({ ...env, HOME: '/dev/null/home' })).toMatchObject({ code: 0, stderr: '' })
    await mkdir(place.path('home'))
    const script = await place.write('read-only.sh', 'mount -t tmpfs -o ro none "$HOME" && exec "$@"\n')
    const run = await trust(env, ['unshare', '-rm', 'sh', script])
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toContain(`the current root of ${tuf.mirror}`)
  })

  it('many processes at once share it, and none reads what another has half written', async () => {
    await using place = await workspace()
    await using tuf = await serveTuf(release(key, target))
    const env = await environment(place, tuf.mirror)
    const runs = await Promise.all(Array.from({ length: 6 }, () => trust(env)))
    expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual(runs.map(() => [0, '']))
    const names = await readdir(cacheOf(place, tuf.mirror), { recursive: true })
    const kept = [
      'first-root.sha256',
      'root.json',
      'snapshot.json',
      'targets',
      'targets.json',
      'timestamp.json',
    ]
    expect(names.filter((name) => !name.startsWith('targets/')).toSorted()).toEqual(kept)
    expect(names.filter((name) => name.startsWith('targets/'))).toHaveLength(1)
    for (const name of names.filter((each) => each.endsWith('.json')))
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      JSON.parse(await readFile(join(cacheOf(place, tuf.mirror), name), 'utf8'))
  })

  it('whoever is slower does not bring back what is older', async () => {
    await using place = await workspace()
    const files = release(key, target, { version: 4 })
    await using tuf = await serveTuf(files)
    const { TUF_ROOT_JSON: rootFile = '' } = await environment(place, tuf.mirror)
    const repository = { mirror: tuf.mirror, rootFile, cacheDirectory: place.path('cache') }
    const cache = place.path('cache', encodeURIComponent(new URL(tuf.mirror).host))
    await mkdir(cache, { recursive: true })
    // Somebody else's newer metadata arrives while this client has read none yet.
    const arriving = new Map<string, Buffer>(files)
    const slow: TufFiles['get'] = (path) => {
      if (path === '/timestamp.json') void writeFile(join(cache, 'timestamp.json'), newer)
      return arriving.get(path)
    }
    const newer = release(key, target, { version: 5 }).get('/timestamp.json') ?? Buffer.alloc(0)
    files.get = slow
    expect(Buffer.from(await fetchTufTarget('trusted_root.json', repository))).toEqual(target)
    expect(await readFile(join(cache, 'timestamp.json'), 'utf8')).toContain('"version":5')
    expect(await readFile(join(cache, 'root.json'), 'utf8')).toContain('"version":1')
  })

  it('a newer root is kept, even where what comes after it does not hold', async () => {
    await using place = await workspace()
    const files = release(key, target)
    files.set('/2.root.json', signed(rootOf({ version: 2, keys: [key] }), [key]))
    files.set('/timestamp.json', Buffer.from('{}'))
    await using tuf = await serveTuf(files)
    const env = await environment(place, tuf.mirror)
    expect(await trust(env)).toMatchObject({ code: 3 })
    expect(await readFile(join(cacheOf(place, tuf.mirror), 'root.json'), 'utf8')).toContain('"version":2')
  })

  it('G-07: nobody else can write to it, or read it, where the umask lets them', async () => {
    await using place = await workspace()
    await using tuf = await serveTuf(release(key, target))
    const env = await environment(place, tuf.mirror)
    expect(await trust(env, ['sh', '-c', 'umask 0; exec "$@"', 'sh'])).toMatchObject({ code: 0 })
    const cache = cacheOf(place, tuf.mirror)
    const names = await readdir(cache, { recursive: true })
    expect(names.length).toBeGreaterThan(4)
    for (const name of ['..', '.', ...names])
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect((await stat(join(cache, name))).mode & 0o077).toBe(0)
  })

  it('who names another root is not answered by what was started from the first one, which stays', async () => {
    await using place = await workspace()
    await using tuf = await serveTuf(release(key, target))
    const env = await environment(place, tuf.mirror)
    expect(await trust(env)).toMatchObject({ code: 0 })
    const other = tufKey()
    const foreign = await place.write('other.json', signed(rootOf({ keys: [other] }), [other]))
    const run = await trust({ ...env, TUF_ROOT_JSON: foreign })
    expect(run).toMatchObject({ code: 3, stderr: expect.stringContaining('TRUST_ROOT_UNAVAILABLE') })
    const { TUF_ROOT_JSON: _root, ...without } = env
    expect(await trust(without)).toMatchObject({ code: 0 })
  })

  it('who had trust start afresh is not overruled by a run that began before', async () => {
    await using place = await workspace()
    const files = release(key, target)
    await using tuf = await serveTuf(files)
    const { TUF_ROOT_JSON: rootFile = '' } = await environment(place, tuf.mirror)
    const repository = { mirror: tuf.mirror, cacheDirectory: place.path('cache') }
    await fetchTufTarget('trusted_root.json', { ...repository, rootFile })
    const cache = place.path('cache', encodeURIComponent(new URL(tuf.mirror).host))
    const other = tufKey()
    const fresh = signed(rootOf({ keys: [other] }), [other])
    const slow = new Map(files).set('/2.root.json', signed(rootOf({ version: 2, keys: [key] }), [key]))
    // While the slow one has read the old cache and is at work, another process puts a new one in its place.
    files.get = (path) => {
      if (path === '/2.root.json') {
        rmSync(cache, { recursive: true })
        mkdirSync(cache)
        writeFileSync(join(cache, 'root.json'), fresh)
        writeFileSync(join(cache, 'first-root.sha256'), 'that of another root')
      }
      return slow.get(path)
    }
    expect(Buffer.from(await fetchTufTarget('trusted_root.json', repository))).toEqual(target)
    expect(await readFile(join(cache, 'root.json'))).toEqual(fresh)
  })
})
