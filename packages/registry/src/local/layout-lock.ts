import { randomBytes } from 'node:crypto'
import { link, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkAborted } from '../aborted.ts'
import type { Call } from '../content.ts'
import { RegistryError } from '../errors.ts'
import { systemCode, writeFailed } from './file-error.ts'

const patience = 30_000
/** A lock of a dead process is taken over after this time, in milliseconds. */
const staleAfter = 1000

/**
 * Runs `work` while holding `<path>.lock`, which no two processes hold at once. The lock of a process that died
 * on this machine is taken over.
 * @throws RegistryError WRITE_FAILED if the lock is held for longer than half a minute
 */
export async function withLock<T>(path: string, work: () => Promise<T>, call?: Call): Promise<T> {
  const lock = `${path}.lock`
  const token = `${hostname()} ${process.pid} ${randomBytes(8).toString('hex')}`
  const deadline = performance.now() + patience
  while (!(await acquire(lock, token))) {
    checkAborted(call)
    if (performance.now() > deadline) throw stuck(lock)
    await removeStale(lock)
    await sleep(2 + Math.random() * 20)
  }
  try {
    return await work()
  } finally {
    await rm(lock, { force: true })
  }
}

async function acquire(lock: string, token: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx', 0o644)
    try {
      await file.writeFile(token)
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw writeFailed(error, lock)
  }
}

/** Moves the lock of a dead process aside; if it turns out to be another's by then, puts it back. */
async function removeStale(lock: string): Promise<void> {
  const before = await holder(lock)
  if (before === undefined || !before.dead) return
  const aside = `${lock}.${randomBytes(8).toString('hex')}`
  try {
    await rename(lock, aside)
    const moved = await readFile(aside, 'utf8')
    if (moved !== before.token) await link(aside, lock)
  } catch (error) {
    const code = systemCode(error)
    if (code !== 'ENOENT' && code !== 'EEXIST') throw writeFailed(error, lock)
  } finally {
    await rm(aside, { force: true })
  }
}

async function holder(lock: string): Promise<{ readonly token: string; readonly dead: boolean } | undefined> {
  try {
    const [token, { mtimeMs }] = await Promise.all([readFile(lock, 'utf8'), stat(lock)])
    const [host, pid] = token.split(' ', 2)
    const old = Date.now() - mtimeMs > staleAfter
    return { token, dead: old && host === hostname() && !isAlive(Number(pid)) }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw writeFailed(error, lock)
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) !== 'ESRCH'
  }
}

function stuck(lock: string): RegistryError {
  return new RegistryError('WRITE_FAILED', 'another process holds the lock of this layout', {
    on: lock,
    hint: 'if no other process works on it, remove the lock file',
  })
}
