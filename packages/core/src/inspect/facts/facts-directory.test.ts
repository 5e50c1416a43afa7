import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openFactsDirectory, type FactsPlaces } from './facts-directory.ts'
import type { FactsStore } from './facts-store.ts'

const made: string[] = []
afterEach(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true })
})

interface Opened {
  readonly places: FactsPlaces
  readonly store: FactsStore
  readonly problems: string[]
}

async function places(limit?: number): Promise<FactsPlaces> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-facts-'))
  made.push(folder)
  return {
    directory: join(folder, 'cache', 'facts'),
    keyFile: join(folder, 'state', 'facts', 'key'),
    ...(limit !== undefined && { limit }),
  }
}

async function opened(at?: FactsPlaces): Promise<Opened> {
  const known = at ?? (await places())
  const problems: string[] = []
  const store = await openFactsDirectory(known, (problem) =>
    problems.push('code' in problem ? String(problem.code) : problem.message),
  )
  return { places: known, store, problems }
}

async function onlyFile({ directory }: FactsPlaces): Promise<string> {
  const [name = ''] = await readdir(directory)
  return join(directory, name)
}

const bytes = Buffer.from('what a layer told')

describe('a directory of facts', () => {
  test('gives what was put, to another process with the same key too', async () => {
    const first = await opened()
    await first.store.put('a', bytes)
    const second = await opened(first.places)
    expect(await second.store.get('a')).toEqual(bytes)
    expect(await second.store.get('b')).toBeUndefined()
    expect([...first.problems, ...second.problems]).toEqual([])
  })

  test('A-77: no byte of an entry can be changed, cut or added', async () => {
    const { places: at, store, problems } = await opened()
    await store.put('a', bytes)
    const file = await onlyFile(at)
    const whole = await readFile(file)
    for (let index = 0; index < whole.length; index++) {
      const changed = Buffer.from(whole)
      changed.writeUInt8((changed[index] ?? 0) ^ 1, index)
      await writeFile(file, changed)
      expect(await store.get('a')).toBeUndefined()
    }
    for (const other of [
      whole.subarray(0, 3),
      whole.subarray(0, whole.length - 1),
      Buffer.concat([whole, whole]),
    ]) {
      await writeFile(file, other)
      expect(await store.get('a')).toBeUndefined()
    }
    expect(problems.length).toBe(whole.length + 3)
    expect(new Set(problems)).toEqual(new Set(['BROKEN_FACTS']))
  })

  test('A-77: an entry under another name, and one of another user’s key, tell nothing', async () => {
    const { places: at, store, problems } = await opened()
    await store.put('a', bytes)
    const file = await onlyFile(at)
    await store.put('b', Buffer.from('other'))
    const [other = ''] = (await readdir(at.directory)).filter((name) => !file.endsWith(name))
    await rename(file, join(at.directory, other))
    expect(await store.get('b')).toBeUndefined()
    const foreign = await opened({ ...at, keyFile: join(at.directory, '..', '..', 'elsewhere', 'f', 'key') })
    await store.put('c', bytes)
    expect(await foreign.store.get('c')).toBeUndefined()
    expect([...problems, ...foreign.problems]).toEqual(['BROKEN_FACTS', 'BROKEN_FACTS'])
  })

  test('a directory that others can read or change, and a link to one, are not used', async () => {
    const open = await places()
    await mkdir(open.directory, { recursive: true })
    await chmod(open.directory, 0o755)
    await expect(opened(open)).rejects.toMatchObject({ code: 'UNSAFE_FACTS' })
    const linked = await places()
    await mkdir(join(linked.directory, '..'), { recursive: true, mode: 0o700 })
    await mkdir(join(linked.directory, '..', 'real'), { mode: 0o700 })
    await symlink('real', linked.directory)
    await expect(opened(linked)).rejects.toMatchObject({ code: 'UNSAFE_FACTS' })
    const shared = await places()
    await mkdir(shared.directory, { recursive: true, mode: 0o700 })
    await chmod(join(shared.directory, '..'), 0o777)
    await expect(opened(shared)).rejects.toMatchObject({ code: 'UNSAFE_FACTS' })
  })

  test('a key that others can read, and one that is a link, are not used', async () => {
    const { places: at } = await opened()
    await chmod(at.keyFile, 0o644)
    await expect(opened(at)).rejects.toMatchObject({ code: 'UNSAFE_FACTS' })
    await chmod(at.keyFile, 0o600)
    await rename(at.keyFile, `${at.keyFile}.real`)
    await symlink(`${at.keyFile}.real`, at.keyFile)
    await expect(opened(at)).rejects.toMatchObject({ code: 'UNSAFE_FACTS' })
    await rm(at.keyFile)
    await writeFile(at.keyFile, 'short', { mode: 0o600 })
    await expect(opened(at)).rejects.toMatchObject({ code: 'BROKEN_FACTS' })
  })

  test('an entry that is a link, a directory or readable by others is left aside', async () => {
    const { places: at, store, problems } = await opened()
    await store.put('a', bytes)
    const file = await onlyFile(at)
    await chmod(file, 0o644)
    expect(await store.get('a')).toBeUndefined()
    await chmod(file, 0o600)
    await rename(file, join(at.directory, 'real'))
    await symlink('real', file)
    expect(await store.get('a')).toBeUndefined()
    await rm(file)
    await mkdir(file, { mode: 0o700 })
    expect(await store.get('a')).toBeUndefined()
    expect(problems).toEqual(['UNSAFE_FACTS', 'UNSAFE_FACTS', 'UNSAFE_FACTS'])
  })

  test('holds no more than its limit: the least lately used entries go, and what writers left behind', async () => {
    const { places: at, store } = await opened(await places(1000))
    const old = new Date(Date.now() - 7_200_000)
    const leftover = join(at.directory, '.new-0123')
    await writeFile(leftover, 'half')
    await utimes(leftover, old, old)
    const entry = Buffer.alloc(200)
    for (const name of ['a', 'b', 'c', 'd']) await store.put(name, entry)
    await ageAll(at)
    await store.get('b')
    await store.put('e', entry)
    expect(await store.get('b')).toEqual(entry)
    expect(await store.get('e')).toEqual(entry)
    expect((await readdir(at.directory)).length).toBe(4)
    await store.put('too large', Buffer.alloc(251))
    expect(await store.get('too large')).toBeUndefined()
  })

  test('holds no more entries than it may, however small', async () => {
    const { places: at, store } = await opened({ ...(await places()), maxEntries: 3 })
    for (const name of ['a', 'b', 'c', 'd', 'e']) await store.put(name, Buffer.alloc(1))
    expect((await readdir(at.directory)).length).toBe(3)
  })

  test('many writers and readers at once leave whole entries and nothing else', async () => {
    const at = await places()
    const all = await Promise.all(Array.from({ length: 4 }, async () => await opened(at)))
    const large = Buffer.alloc(50_000, 'x')
    await Promise.all(
      all.map(async ({ store }) => {
        for (let turn = 0; turn < 5; turn++) {
          await store.put('shared', large)
          expect(await store.get('shared')).toEqual(large)
        }
      }),
    )
    expect(all.flatMap(({ problems }) => problems)).toEqual([])
    expect((await readdir(at.directory)).length).toBe(1)
  })
})

/** Makes every entry as old as if it had been written an hour apart from the others. */
async function ageAll({ directory }: FactsPlaces): Promise<void> {
  for (const [at, name] of (await readdir(directory)).entries()) {
    const then = new Date(Date.now() - 86_400_000 + at * 3_600_000)
    await utimes(join(directory, name), then, then)
  }
}
