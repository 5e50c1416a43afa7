import { isAbsolute, join } from 'node:path'
import { existsSync } from 'node:fs'
import { openFactsDirectory, type FactsPlaces, type FactsStore } from '@assay/core'
import type { OptionGroup, RawOptions } from '../define-command.ts'
import type { Io } from '../io.ts'
import { errorText } from '../show-error.ts'
import { switchFlag } from './flag.ts'

/** What a run remembers of layers, and nothing where it is told not to or has no place for it. */
export interface RememberedFacts {
  readonly facts?: FactsStore
}

/** `--no-cache`; without it layers that were read before are remembered in the user's cache directory. */
export const rememberedFactsOption: OptionGroup<RememberedFacts> = {
  flags: () => [
    switchFlag('--no-cache', 'read every layer, and keep nothing of it ($XDG_CACHE_HOME/assay/facts)'),
  ],
  parse: async (raw, io) => {
    const facts = await openRemembered(raw, io, { name: 'facts', instead: 'layers are read again' })
    return facts === undefined ? {} : { facts }
  },
}

export interface Remembered {
  /** The folder below the user's caches. */
  readonly name: string
  /** What happens where nothing can be remembered. */
  readonly instead: string
  /** Bytes that it may hold. */
  readonly limit?: number
  /** Instead of the user's caches. */
  readonly directory?: string
}

/** What earlier runs kept under a name; undefined with `--no-cache`, and where there is no safe place. */
export async function openRemembered(
  raw: RawOptions,
  io: Io,
  { name, instead, limit, directory }: Remembered,
): Promise<FactsStore | undefined> {
  const places = raw['cache'] === false ? undefined : placesOf(io, name, directory)
  if (places === undefined) return undefined
  const told = new Set<unknown>()
  // One line for each kind of problem: it concerns the next entry as well.
  const warn = (problem: Error): void => {
    const code = 'code' in problem ? problem.code : problem.name
    if (told.has(code)) return
    told.add(code)
    void io.writeErr(`warning: ${instead}: ${errorText(problem)}`).catch(() => undefined)
  }
  try {
    return await openFactsDirectory({ ...places, ...(limit === undefined ? {} : { limit }) }, warn)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    warn(error)
    return undefined
  }
}

/** Below the directories of the XDG base directory specification; a home that is not there is not made. */
function placesOf({ env }: Io, name: string, directory?: string): FactsPlaces | undefined {
  const home = env['HOME'] ?? ''
  const base = (variable: string, below: string): string | undefined => {
    const named = env[variable] ?? ''
    // "All paths set in these environment variables must be absolute", else they are ignored.
    if (isAbsolute(named)) return named
    return isAbsolute(home) && existsSync(home) ? join(home, below) : undefined
  }
  const usual = base('XDG_CACHE_HOME', '.cache')
  const folder = directory ?? (usual === undefined ? undefined : join(usual, 'assay'))
  const state = base('XDG_STATE_HOME', '.local/state')
  if (folder === undefined || state === undefined) return undefined
  return {
    directory: join(folder, name),
    keyFile: join(state, 'assay', name, 'key'),
  }
}
