import type { ContentStore } from './content.ts'
import type { RegistryError } from './errors.ts'

type Changes = Pick<ContentStore, 'has' | 'push' | 'list' | 'unlist' | 'tag' | 'untag' | 'remove'>

/** What a copy asks of its target and everything that changes a place, for places where none of it can be done. */
export function refusedChanges(refusal: () => RegistryError): Changes {
  const refuse = async (): Promise<never> => await Promise.reject(refusal())
  return {
    has: refuse,
    push: refuse,
    list: refuse,
    unlist: refuse,
    tag: refuse,
    untag: refuse,
    remove: refuse,
  }
}
