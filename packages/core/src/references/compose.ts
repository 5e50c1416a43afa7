import type { Located } from '../policy/parse/located.ts'
import { entriesOf, fieldOf, textOf, type Collector } from './collector.ts'
import { expand, type Variables } from './expand.ts'

/** Whether a document is a compose file. */
export function isCompose(document: Located): boolean {
  return fieldOf(document, 'services')?.kind === 'map' && fieldOf(document, 'apiVersion') === undefined
}

/**
 * Collects the images of a compose file's services. A service that is built has its base images in a Dockerfile,
 * and what other files add (`include`, `extends`) is not read: both are said.
 */
export function collectCompose(document: Located, collector: Collector, variables: Variables): void {
  const include = fieldOf(document, 'include')
  if (include !== undefined) collector.unresolved('include', { at: include.at, path: 'include' }, elsewhere)
  for (const [name, service] of entriesOf(fieldOf(document, 'services'))) {
    const path = `services.${name}`
    const build = fieldOf(service, 'build')
    const image = fieldOf(service, 'image')
    const extended = fieldOf(fieldOf(service, 'extends'), 'file')
    if (build !== undefined)
      collector.remark(
        { at: build.at, path: `${path}.build` },
        'this service is built: give its Dockerfile with --dockerfile',
      )
    // Compose tries to pull the image of a service that it could build, too.
    if (image !== undefined && textOf(fieldOf(service, 'pull_policy')) !== 'build')
      collectImage(image, `${path}.image`, { collector, variables })
    if (build !== undefined || image !== undefined) continue
    if (extended !== undefined)
      collector.unresolved(
        textOf(extended) ?? 'extends',
        { at: extended.at, path: `${path}.extends` },
        elsewhere,
      )
    else if (fieldOf(service, 'extends') === undefined && fieldOf(service, 'provider') === undefined)
      collector.problem({ at: service.at, path }, 'a service without an image and without a build')
  }
}

const elsewhere = {
  message: 'services come from another file, which is not read',
  hint: 'give what "docker compose config" prints',
}

interface Reading {
  readonly collector: Collector
  readonly variables: Variables
}

function collectImage(value: Located, path: string, { collector, variables }: Reading): void {
  const spot = { at: value.at, path }
  if (value.kind !== 'string') {
    collector.problem(spot, `the image is a ${value.kind}, expected text`)
    return
  }
  const expansion = expand(value.value, variables)
  if (expansion.status === 'plain') collector.image(value.value, spot, { span: value.span })
  else if (expansion.status === 'expanded') collector.image(expansion.text, spot)
  else {
    const message = `the image depends on ${expansion.variable}, which has no value here`
    collector.unresolved(value.value, spot, {
      message,
      hint: 'set it in the environment, or give what "docker compose config" prints',
    })
  }
}
