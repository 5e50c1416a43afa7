import type { Located } from '../policy/parse/located.ts'
import { entriesOf, fieldOf, itemsOf, textOf, type Collector } from './collector.ts'
import { collectBuild } from './compose-build.ts'
import { collectImage, type Reading } from './compose-image.ts'
import type { Variables } from './expand.ts'

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
  const reading = { collector, variables }
  for (const [name, model] of entriesOf(fieldOf(document, 'models')))
    collectImage(fieldOf(model, 'model') ?? model, `models.${name}.model`, reading)
  for (const [name, service] of entriesOf(fieldOf(document, 'services')))
    collectService(service, `services.${name}`, reading)
}

function collectService(service: Located, path: string, reading: Reading): void {
  const build = fieldOf(service, 'build')
  const image = fieldOf(service, 'image')
  if (build !== undefined) collectBuild(build, `${path}.build`, reading)
  collectMounted(service, path, reading)
  // Compose tries to pull the image of a service that it could build, too.
  if (image !== undefined && textOf(fieldOf(service, 'pull_policy')) !== 'build')
    collectImage(image, `${path}.image`, reading)
  if (build === undefined && image === undefined) collectImageless(service, path, reading)
}

function collectImageless(service: Located, path: string, { collector }: Reading): void {
  const extended = fieldOf(fieldOf(service, 'extends'), 'file')
  if (extended !== undefined)
    collector.unresolved(
      textOf(extended) ?? 'extends',
      { at: extended.at, path: `${path}.extends` },
      elsewhere,
    )
  else if (fieldOf(service, 'extends') === undefined && fieldOf(service, 'provider') === undefined)
    collector.problem({ at: service.at, path }, 'a service without an image and without a build')
}

const elsewhere = {
  message: 'services come from another file, which is not read',
  hint: 'give what "docker compose config" prints',
}

/** Volumes that are images, and hooks that run in a container of their own. */
function collectMounted(service: Located, path: string, reading: Reading): void {
  for (const [index, volume] of itemsOf(fieldOf(service, 'volumes')).entries()) {
    const source = fieldOf(volume, 'source')
    if (textOf(fieldOf(volume, 'type')) === 'image' && source !== undefined)
      collectImage(source, `${path}.volumes[${index}].source`, reading)
  }
  for (const hook of ['pre_start', 'post_start', 'pre_stop']) {
    for (const [index, step] of itemsOf(fieldOf(service, hook)).entries()) {
      const image = fieldOf(step, 'image')
      if (image !== undefined) collectImage(image, `${path}.${hook}[${index}].image`, reading)
    }
  }
}
