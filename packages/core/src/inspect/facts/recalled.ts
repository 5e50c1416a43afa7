import { FactsError } from './facts-error.ts'
import type { FactsStore } from './facts-store.ts'

/** What is remembered under a name, read; what cannot be read is refused, and not known. */
export async function recalled<Value>(
  store: FactsStore,
  name: string,
  read: (bytes: Buffer) => Value,
): Promise<Value | undefined> {
  const bytes = await store.get(name)
  if (bytes === undefined) return undefined
  try {
    return read(bytes)
  } catch (error) {
    if (!(error instanceof FactsError)) throw error
    store.refuse(name, error)
    return undefined
  }
}
