import { createHash, createPublicKey } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fetchTufTarget } from '@assay/core'
import { describe, expect, it } from 'vitest'
import { corpus } from '../support/corpora.ts'
import {
  release,
  rootOf,
  serveTuf,
  signed,
  tufKey,
  type TufFiles,
  type TufKey,
} from '../support/tuf-repository.ts'

/** The metadata of the public-good instance as it once was. */
const published = corpus('trust/tuf-repository/metadata')
const target = Buffer.from('{"the":"trusted root"}')
const refused = { code: 'TRUST_ROOT_UNAVAILABLE' }

interface Client extends AsyncDisposable {
  readonly cache: string
  fetch(): Promise<Uint8Array>
}

/** A client that starts from this root, with a cache of its own. */
async function client(files: TufFiles, root: Buffer): Promise<Client> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-tuf-test-'))
  const served = await serveTuf(files)
  const rootFile = join(directory, 'root.json')
  await writeFile(rootFile, root)
  const cacheDirectory = join(directory, 'cache')
  return {
    cache: join(cacheDirectory, encodeURIComponent(new URL(served.mirror).host)),
    fetch: () => fetchTufTarget('trusted_root.json', { mirror: served.mirror, rootFile, cacheDirectory }),
    [Symbol.asyncDispose]: async () => {
      await served[Symbol.asyncDispose]()
      await rm(directory, { recursive: true })
    },
  }
}

const one = (key: TufKey): Buffer => signed(rootOf({ keys: [key] }), [key])

describe('the TUF client on an honest repository', () => {
  it('fetches the target, and follows the root to its next version', async () => {
    const [first, second] = [tufKey(), tufKey()]
    const next = rootOf({ version: 2, keys: [second] })
    const files = release(second, target)
    files.set('/2.root.json', signed(next, [first, second]))
    await using tuf = await client(files, one(first))
    expect(Buffer.from(await tuf.fetch())).toEqual(target)
    expect(await readFile(join(tuf.cache, 'root.json'), 'utf8')).toContain('"version":2')
  })
})

describe('F-02, J-2: a threshold counts keys', () => {
  const [a, b] = [tufKey(), tufKey()]
  const twin: TufKey = { ...a, id: 'another-id' }
  const cases: readonly (readonly [string, readonly TufKey[], readonly TufKey[]])[] = [
    ['one signature twice', [a, b], [a, a]],
    ['one key under two ids', [a, twin], [a, twin]],
    ['one signature of two', [a, b], [a]],
  ]
  for (const [title, keys, signers] of cases) {
    it(`refuses ${title}`, async () => {
      const roles = { root: { keyids: keys.map(({ id }) => id), threshold: 2 } }
      await using tuf = await client(release(a, target), signed(rootOf({ keys, roles }), signers))
      await expect(tuf.fetch()).rejects.toMatchObject(refused)
    })
  }

  it('refuses a role whose threshold one key alone would reach', async () => {
    const keys = [a, twin]
    const roles = { timestamp: { keyids: keys.map(({ id }) => id), threshold: 2 } }
    const files = release(a, target)
    const metadata: unknown = JSON.parse(String(files.get('/timestamp.json')))
    files.set('/timestamp.json', resigned(metadata, [a, twin]))
    await using tuf = await client(files, signed(rootOf({ keys, roles }), [a]))
    await expect(tuf.fetch()).rejects.toMatchObject(refused)
  })
})

function resigned(metadata: unknown, keys: readonly TufKey[]): Buffer {
  if (typeof metadata !== 'object' || metadata === null || !('signed' in metadata))
    throw new Error('no metadata')
  const { signed: content } = metadata
  if (typeof content !== 'object' || content === null) throw new Error('no content')
  return signed({ ...content }, keys)
}

describe('F-02, J-2: one key in two encodings', () => {
  it('refuses hexadecimal beside PEM', async () => {
    const a = tufKey()
    const pem = createPublicKey(a.privateKey).export({ type: 'spki', format: 'pem' }).toString()
    const twin: TufKey = { ...a, id: 'another-id', publicHex: pem }
    const roles = { root: { keyids: [a.id, twin.id], threshold: 2 } }
    const root = signed(rootOf({ keys: [a, twin], roles }), [a, twin])
    await using tuf = await client(release(a, target), root)
    await expect(tuf.fetch()).rejects.toMatchObject({ ...refused, got: expect.stringContaining('two ids') })
  })
})

describe('F-04: a threshold is a positive whole number', () => {
  for (const threshold of [0, -1, 1.5, '1', 3]) {
    it(`refuses ${JSON.stringify(threshold)} of one key`, async () => {
      const key = tufKey()
      const roles = { targets: { keyids: [key.id], threshold } }
      const files = release(key, target)
      await using tuf = await client(files, signed(rootOf({ keys: [key], roles }), [key]))
      await expect(tuf.fetch()).rejects.toMatchObject(refused)
    })
  }
})

describe('F-05: metadata that is no metadata', () => {
  for (const path of ['/2.root.json', '/timestamp.json', '/1.snapshot.json', '/1.targets.json']) {
    for (const content of ['null', '[]', '{}', '5', '<html>', '{"signed":null,"signatures":[]}', '']) {
      it(`${path} = ${content || 'nothing'} is refused, and the next run is as before`, async () => {
        const key = tufKey()
        const files = release(key, target)
        const honest = files.get(path)
        files.set(path, Buffer.from(content))
        await using tuf = await client(files, one(key))
        await expect(tuf.fetch()).rejects.toMatchObject(refused)
        if (honest === undefined) files.delete(path)
        else files.set(path, honest)
        expect(Buffer.from(await tuf.fetch())).toEqual(target)
      })
    }
  }
})

describe('F-07: a root that does not verify is not kept', () => {
  it('is refused, leaves the last good one on disk, and the next run works', async () => {
    const [key, mallory] = [tufKey(), tufKey()]
    const files = release(key, target)
    files.set('/2.root.json', signed(rootOf({ version: 2, keys: [mallory] }), [mallory]))
    await using tuf = await client(files, one(key))
    await expect(tuf.fetch()).rejects.toMatchObject(refused)
    expect(await readFile(join(tuf.cache, 'root.json'), 'utf8')).toContain('"version":1')
    files.delete('/2.root.json')
    expect(Buffer.from(await tuf.fetch())).toEqual(target)
  })
})

describe('F-08: versions', () => {
  for (const version of [1, 3]) {
    it(`refuses root version ${version} where 2 should be`, async () => {
      const key = tufKey()
      const files = release(key, target)
      files.set('/2.root.json', signed(rootOf({ version, keys: [key] }), [key]))
      await using tuf = await client(files, one(key))
      await expect(tuf.fetch()).rejects.toMatchObject(refused)
    })
  }

  it('refuses to go back to older metadata, and goes on from the newest', async () => {
    const key = tufKey()
    const files = release(key, target, { version: 5 })
    await using tuf = await client(files, one(key))
    await tuf.fetch()
    const old = release(key, Buffer.from('old'), { version: 4 })
    const newest = new Map(files)
    for (const [path, content] of old) files.set(path, content)
    await expect(tuf.fetch()).rejects.toMatchObject(refused)
    for (const [path, content] of newest) files.set(path, content)
    expect(Buffer.from(await tuf.fetch())).toEqual(target)
  })
})

describe('F-09 and F-12: the target is what its metadata says', () => {
  const cases: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['another length', { length: target.byteLength - 1, hashes: { sha256: hashOf(target) } }],
    ['no hash', { length: target.byteLength, hashes: {} }],
  ]
  for (const [title, entry] of cases) {
    it(`refuses ${title}`, async () => {
      const key = tufKey()
      await using tuf = await client(release(key, target, { entry }), one(key))
      await expect(tuf.fetch()).rejects.toMatchObject(refused)
    })
  }

  it('refuses other bytes, from the mirror and from an edited cache', async () => {
    const key = tufKey()
    const files = release(key, target)
    await using tuf = await client(files, one(key))
    const [path = ''] = [...files.keys()].filter((name) => name.startsWith('/targets/'))
    files.set(path, Buffer.from(target.toString().replace('the', 'not')))
    await expect(tuf.fetch()).rejects.toMatchObject(refused)
    files.set(path, target)
    await tuf.fetch()
    const [cached = ''] = await readdir(join(tuf.cache, 'targets'))
    await writeFile(join(tuf.cache, 'targets', cached), 'edited')
    expect(Buffer.from(await tuf.fetch())).toEqual(target)
  })
})

function hashOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

describe('F-10: how much is read', () => {
  it('refuses a root that is too large', async () => {
    const key = tufKey()
    const files = release(key, target)
    files.set('/2.root.json', Buffer.alloc(8 * 1024 * 1024, ' '))
    await using tuf = await client(files, one(key))
    await expect(tuf.fetch()).rejects.toMatchObject(refused)
  })
})

describe('F-13 and A-26: metadata that has expired', () => {
  const past = '2020-01-01T00:00:00Z'
  it('refuses an expired root, and an expired timestamp', async () => {
    const key = tufKey()
    await using root = await client(
      release(key, target),
      signed(rootOf({ keys: [key], expires: past }), [key]),
    )
    await expect(root.fetch()).rejects.toMatchObject({ ...refused, got: expect.stringMatching(/expired/i) })
    await using timestamp = await client(release(key, target, { expires: past }), one(key))
    await expect(timestamp.fetch()).rejects.toMatchObject({
      ...refused,
      got: expect.stringMatching(/expired/i),
    })
  })

  it.skipIf(published === undefined)('refuses the public repository of an earlier year', async () => {
    const folder = published ?? ''
    const files: TufFiles = new Map()
    for (const name of await readdir(join(folder, 'root_history')))
      files.set(`/${name}`, await readFile(join(folder, 'root_history', name)))
    files.set('/timestamp.json', await readFile(join(folder, 'timestamp.json')))
    await using tuf = await client(files, files.get('/1.root.json') ?? Buffer.alloc(0))
    await expect(tuf.fetch()).rejects.toMatchObject({ ...refused, got: expect.stringMatching(/expired/i) })
  })
})
