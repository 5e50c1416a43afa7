import { rmSync } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Call, ContentStore } from '../content.ts'
import { RegistryError } from '../errors.ts'
import { openArchive } from '../local/archive/archive-store.ts'
import { createArchive, type NewArchive } from '../local/archive/new-archive.ts'
import { writeFailed } from '../local/file-error.ts'
import type { Environment } from './daemon-endpoint.ts'
import { openEngine } from './engine.ts'
import { refusedChanges } from '../refused-changes.ts'

interface DaemonPlace {
  /** An image's name with its tag, or its ID. */
  readonly name: string
  readonly environment: Environment
}

/**
 * An image in a Docker engine, for reading: it is exported once, as `docker save` does, into a file that is gone when
 * the process ends. Opening is lazy.
 */
export function openDaemon({ name, environment }: DaemonPlace): ContentStore {
  let exported: Promise<ContentStore> | undefined
  const store = async (call?: Call): Promise<ContentStore> => {
    exported ??= exportImage({ name, environment }, call).catch((error: unknown) => {
      exported = undefined
      throw error
    })
    return await exported
  }
  const changes = refusedChanges(
    () =>
      new RegistryError('UNSUPPORTED', 'an image in a Docker engine is only read, or replaced as a whole', {
        on: name,
        hint: 'an engine keeps no signatures: attach them where the image is pushed to',
      }),
  )
  return {
    resolve: async (reference, call) => await (await store(call)).resolve(reference, call),
    async *open(descriptor, call) {
      yield* (await store(call)).open(descriptor, call)
    },
    async *referrers(subject, call) {
      yield* (await store(call)).referrers(subject, call)
    },
    async *tags(call) {
      yield* (await store(call)).tags(call)
    },
    ...changes,
  }
}

/**
 * An image for a Docker engine: written as an archive, and given to the engine when it is whole.
 * @throws RegistryError WRITE_FAILED
 */
export async function createDaemonImage({ environment }: DaemonPlace): Promise<NewArchive> {
  const engine = await openEngine(environment)
  const folder = await temporaryFolder()
  const path = join(folder, 'image.tar')
  const archive = await createArchive({ path, format: 'docker' })
  return {
    store: archive.store,
    async finish(call) {
      try {
        await archive.finish()
        await engine.load(path, call)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
    async discard() {
      await archive.discard()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function exportImage({ name, environment }: DaemonPlace, call?: Call): Promise<ContentStore> {
  const engine = await openEngine(environment)
  const folder = await temporaryFolder()
  const path = join(folder, 'image.tar')
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      for await (const chunk of engine.export(name, call)) await file.writeFile(chunk)
    } finally {
      await file.close()
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw writeFailed(error, path)
  }
  return openArchive({ path, format: 'docker' })
}

/** A folder that nobody else can read. It goes with the process, if nobody removes it before. */
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-docker-')).catch((error: unknown) => {
    throw writeFailed(error, tmpdir())
  })
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
