import { randomBytes } from 'node:crypto'
import { link, lstat, open, rm, type FileHandle } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkAborted } from '../aborted.ts'
import type { Call } from '../content.ts'
import { RegistryError } from '../errors.ts'
import { systemCode, writeFailed } from './file-error.ts'
import { openRegular } from './layout-blobs.ts'

const patience = 30_000
/** A lock of a dead process is taken over after this time, in milliseconds. */
const staleAfter = 1000
/** A lock that names no process is taken over after this time: its writer died before it wrote. */
const emptyStaleAfter = 10_000
/** Locks on locks: each take-over holds one, and may itself die. */
const maxDepth = 4
/** A token is much shorter; a longer lock is none of ours. */
const tokenBytes = 512

/** Throws unless the lock is still held. To be asked right before what it guards is made visible. */
export type StillHeld = () => Promise<void>

/**
 * Runs `work` while holding `<path>.lock`, which no two processes hold at once. The lock of a process that died
 * on this machine is taken over.
 * @throws RegistryError WRITE_FAILED if the lock is held for longer than half a minute, or was taken away
 */
export async function withLock<T>(
  path: string,
  work: (stillHeld: StillHeld) => Promise<T>,
  call?: Call,
): Promise<T> {
  const lock = `${path}.lock`
  const token = newToken()
  const deadline = performance.now() + patience
  while (!(await acquire(lock, token))) {
    checkAborted(call)
    if (performance.now() > deadline) throw stuck(lock)
    await removeStale(lock, 0)
    await sleep(2 + Math.random() * 20)
  }
  try {
    return await work(async () => {
      if ((await holder(lock))?.token !== token) throw lost(lock)
    })
  } finally {
    await release(lock, token)
  }
}

function newToken(): string {
  return `${hostname()} ${process.pid} ${randomBytes(8).toString('hex')}`
}

/** Written beside its place and linked into it: a lock says from its first moment whose it is. */
async function acquire(lock: string, token: string): Promise<boolean> {
  const temporary = `${lock}.${randomBytes(8).toString('hex')}`
  try {
    await writeNew(temporary, token)
    await link(temporary, lock)
    return true
  } catch (error) {
    const code = systemCode(error)
    if (code === 'EEXIST') return false
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw writeFailed(error, lock)
    return await acquireWithoutLinks(lock, token)
  } finally {
    await rm(temporary, { force: true })
  }
}

async function acquireWithoutLinks(lock: string, token: string): Promise<boolean> {
  try {
    await writeNew(lock, token)
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw writeFailed(error, lock)
  }
  return (await holder(lock))?.token === token
}

async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o644)
  try {
    await file.writeFile(text)
  } finally {
    await file.close()
  }
}

/** Removes our own lock, and nobody else's. */
async function release(lock: string, token: string): Promise<void> {
  if ((await holder(lock))?.token === token) await rm(lock, { force: true })
}

/**
 * Removes the lock of a dead process. Only who holds the lock on the lock may do so: between our look and our
 * removal nobody else can have taken it.
 */
async function removeStale(lock: string, depth: number): Promise<void> {
  if (depth === maxDepth || (await holder(lock))?.dead !== true) return
  const over = `${lock}.over`
  const token = newToken()
  if (!(await acquire(over, token))) {
    await removeStale(over, depth + 1)
    return
  }
  try {
    if ((await holder(lock))?.dead === true) await rm(lock, { force: true })
  } finally {
    await release(over, token)
  }
}

interface Holder {
  readonly token: string
  readonly dead: boolean
}

async function holder(lock: string): Promise<Holder | undefined> {
  try {
    if (!(await lstat(lock)).isFile()) throw stuck(lock)
    const file = await openRegular(lock, lock)
    try {
      return holderOf(await tokenIn(file), Date.now() - (await file.stat()).mtimeMs)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    if (error instanceof RegistryError && error.code === 'NOT_FOUND') return undefined
    throw writeFailed(error, lock)
  }
}

async function tokenIn(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(tokenBytes), 0, tokenBytes, 0)
  return buffer.toString('utf8', 0, bytesRead)
}

function holderOf(token: string, age: number): Holder {
  if (token === '') return { token, dead: age > emptyStaleAfter }
  const [host, pid] = token.split(' ', 2)
  return { token, dead: age > staleAfter && host === hostname() && !isAlive(Number(pid)) }
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

function lost(lock: string): RegistryError {
  return new RegistryError('WRITE_FAILED', 'the lock was taken away while it was held', { on: lock })
}
