/** A place that remembers bytes between runs. It may forget any of them at any time. */
export interface FactsStore {
  /** What was put under this name, exactly; undefined where nothing usable is. Never throws. */
  readonly get: (name: string) => Promise<Buffer | undefined>
  /** Keeps bytes as well as it can. Never throws. */
  readonly put: (name: string, bytes: Buffer) => Promise<void>
  /** Told that bytes which `get` gave cannot be used. */
  readonly refuse: (name: string, reason: Error) => void
}
