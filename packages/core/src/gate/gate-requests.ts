import type { PolicySet } from '../policy/evaluate.ts'
import type { ObjectFact } from '../policy/facts.ts'
import type { Policy } from '../policy/policy.ts'
import type { FoundImage, FoundReferences } from '../references/found-image.ts'
import type { ImageRequest } from './facts.ts'

/**
 * Makes one request of all the places that name the same image, so that it is looked at once. Where a policy
 * looks at the object around the image, each object has its own.
 */
export function gateRequests(
  found: readonly FoundReferences[],
  { policies, breakGlass }: Pick<PolicySet, 'policies' | 'breakGlass'>,
): readonly ImageRequest[] {
  const annotation = breakGlass?.annotation
  const byObject = annotation !== undefined || policies.some(looksAtObjects)
  const requests = new Map<string, { readonly image: FoundImage; readonly places: FoundImage['place'][] }>()
  for (const image of found.flatMap(({ images }) => images)) {
    const key = JSON.stringify([image.reference, byObject ? (image.object ?? null) : null])
    const known = requests.get(key)
    if (known === undefined) requests.set(key, { image, places: [image.place] })
    else known.places.push(image.place)
  }
  const known = [...requests.values()].map(({ image: { reference, object }, places }): ImageRequest => ({
    reference,
    places,
    ...(byObject && object !== undefined ? { object } : {}),
    ...brokenGlass(object, annotation),
  }))
  const unknown = found
    .flatMap(({ unresolved }) => unresolved)
    .map(({ text, place, message, hint }): ImageRequest => ({
      reference: text,
      places: [place],
      unresolved: { message, ...(hint === undefined ? {} : { hint }) },
    }))
  return [...known, ...unknown]
}

/** The object's own annotation with the reason; who put it there, a file does not say. */
function brokenGlass(
  object: ObjectFact | undefined,
  annotation: string | undefined,
): Pick<ImageRequest, 'breakGlass'> {
  if (object === undefined || annotation === undefined) return {}
  const reason = textAt(textAt(object.metadata, 'annotations'), annotation)
  return typeof reason === 'string' && reason !== '' ? { breakGlass: { reason, user: undefined } } : {}
}

function textAt(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined
}

function looksAtObjects({ match, program, namespace, namespaceSelector }: Policy): boolean {
  return (
    namespace !== undefined ||
    namespaceSelector !== undefined ||
    match.length > 0 ||
    program?.include.some((input) => input !== 'config' && input !== 'predicates') === true
  )
}
