import type { BreakGlassRequest } from '../policy/break-glass.ts'
import type { NamespaceFact } from '../policy/facts.ts'
import type { ImageRequest } from './facts.ts'

/** What holds for all the images of a run. */
export interface Situation {
  /** The namespace that they are for. */
  readonly namespace?: NamespaceFact
  /** Why the glass is to be broken for all of them. */
  readonly breakGlass?: string
  /** Who asks. */
  readonly user?: string
}

/** The requests with what holds for all of them; an annotation of an object says why, and never who. */
export function inSituation(
  requests: readonly ImageRequest[],
  { namespace, breakGlass, user }: Situation,
): readonly ImageRequest[] {
  return requests.map((request) => ({
    ...request,
    ...(namespace === undefined ? {} : { namespace }),
    ...asked(breakGlass ?? request.breakGlass?.reason, user),
  }))
}

function asked(
  reason: string | undefined,
  user: string | undefined,
): { readonly breakGlass?: BreakGlassRequest } {
  return reason === undefined ? {} : { breakGlass: { reason, user } }
}
