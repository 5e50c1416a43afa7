import type { Located } from '../policy/parse/located.ts'
import type { Collector } from './collector.ts'
import { expand, type Variables } from './expand.ts'

/** What the parts of a compose file are read with. */
export interface Reading {
  readonly collector: Collector
  readonly variables: Variables
}

/** Collects an image of a compose file, its variables filled in. */
export function collectImage(value: Located, path: string, { collector, variables }: Reading): void {
  const spot = { at: value.at, path }
  if (value.kind !== 'string') {
    collector.problem(spot, `the image is a ${value.kind}, expected text`)
    return
  }
  const expansion = expand(value.value, variables)
  const { span } = value
  if (expansion.status === 'plain')
    collector.image(value.value, spot, span.end === span.start ? {} : { span })
  else if (expansion.status === 'expanded') collector.image(expansion.text, spot)
  else {
    const message = `the image depends on ${expansion.variable}, which has no value here`
    collector.unresolved(value.value, spot, {
      message,
      hint: 'set it in the environment, or give what "docker compose config" prints',
    })
  }
}
