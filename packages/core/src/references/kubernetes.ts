import type { ObjectFact } from '../policy/facts.ts'
import type { Located } from '../policy/parse/located.ts'
import { entriesOf, fieldOf, itemsOf, textOf, type Collector } from './collector.ts'
import { containerUse, type ContainerUse } from './container-use.ts'
import { imagesAt, type ImagePath } from './image-path.ts'
import { plainOf } from './plain.ts'

/** Where the pods of Kubernetes' own kinds are. */
const podSpecs: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  PodTemplate: ['template', 'spec'],
  ReplicationController: ['spec', 'template', 'spec'],
  ReplicaSet: ['spec', 'template', 'spec'],
  Deployment: ['spec', 'template', 'spec'],
  StatefulSet: ['spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
}

/** A Job of another group, as Volcano's, has pods elsewhere. */
const ownGroups: ReadonlySet<string> = new Set(['', 'apps', 'batch', 'extensions'])

const containerLists = ['initContainers', 'containers', 'ephemeralContainers'] as const

/** Whether a document is a Kubernetes object. */
export function isKubernetes(document: Located): boolean {
  return (
    textOf(fieldOf(document, 'apiVersion')) !== undefined && textOf(fieldOf(document, 'kind')) !== undefined
  )
}

/**
 * Collects the images of an object: of every container (init and ephemeral ones too) and image volume of its pods.
 * In kinds that are not Kubernetes' own, whatever has the form of a pod counts, and the configured paths.
 */
export function collectKubernetes(
  document: Located,
  collector: Collector,
  paths: readonly ImagePath[],
): void {
  collectObject(document, objectOf(document), { collector, paths, seen: new Set() })
}

interface Collecting {
  readonly collector: Collector
  readonly paths: readonly ImagePath[]
  /** Values that were taken already. */
  readonly seen: Set<Located>
}

function collectObject(document: Located, object: ObjectFact, collecting: Collecting): void {
  const { collector, paths, seen } = collecting
  const { kind } = object
  const way = ownGroups.has(object.group) && Object.hasOwn(podSpecs, kind) ? podSpecs[kind] : undefined
  const pods: Pods = { collector, object, seen }
  if (way !== undefined) {
    const pod = way.reduce<Located | undefined>(fieldOf, document)
    if (pod === undefined)
      collector.problem({ at: document.at, path: way.join('.') }, `a ${kind} without ${way.join('.')}`)
    else collectPod(pod, way.join('.'), pods)
  }
  const configured = paths.filter(
    (path) => path.kind === kind && (path.group === undefined || path.group === object.group),
  )
  for (const { value, at } of configured.flatMap(({ steps }) => imagesAt(document, steps)))
    collectImage(value, at, pods)
  for (const item of membersOf(document, object)) {
    seen.add(item.document)
    collectObject(item.document, item.object, collecting)
  }
  collectForeign(document, '', pods)
}

interface Member {
  readonly document: Located
  readonly object: ObjectFact
}

/**
 * The objects of a list. Those of a typed list may leave out of which kind they are: an `AppList` holds `App`s. A
 * custom resource may be called so and hold something else: that is a part of it, and no object.
 */
function membersOf(document: Located, { kind, group, version }: ObjectFact): readonly Member[] {
  if (!kind.endsWith('List')) return []
  return itemsOf(fieldOf(document, 'items')).flatMap((item): readonly Member[] => {
    if (isKubernetes(item)) return [{ document: item, object: objectOf(item) }]
    const isTyped = item.kind === 'map' && fieldOf(item, 'metadata') !== undefined && kind !== 'List'
    return isTyped
      ? [
          {
            document: item,
            object: { ...objectOf(item), kind: kind.slice(0, -'List'.length), group, version },
          },
        ]
      : []
  })
}

interface Pods {
  readonly collector: Collector
  readonly object: ObjectFact
  /** Values that were taken already. */
  readonly seen: Set<Located>
  /** What the container that is being read asks of its image. */
  readonly use?: ContainerUse
}

function collectPod(pod: Located, path: string, pods: Pods): void {
  for (const list of containerLists) {
    for (const [index, container] of itemsOf(fieldOf(pod, list)).entries()) {
      const where = `${path}.${list}[${index}].image`
      const image = fieldOf(container, 'image')
      const at = { file: pods.collector.file, path: `${path}.${list}[${index}]`, podPath: path }
      if (image !== undefined) collectImage(image, where, { ...pods, use: containerUse(container, pod, at) })
      else pods.collector.problem({ at: container.at, path: where }, 'a container without an image')
    }
  }
  for (const [index, volume] of itemsOf(fieldOf(pod, 'volumes')).entries()) {
    const reference = fieldOf(fieldOf(volume, 'image'), 'reference')
    if (reference !== undefined) collectImage(reference, `${path}.volumes[${index}].image.reference`, pods)
  }
}

function collectImage(value: Located, path: string, { collector, object, seen, use }: Pods): void {
  if (seen.has(value)) return
  seen.add(value)
  const spot = { at: value.at, path }
  if (value.kind !== 'string') collector.problem(spot, `the image is a ${value.kind}, expected text`)
  else if (value.value.trim() === '') collector.problem(spot, 'a container without an image')
  else collector.image(value.value, spot, { object, span: value.span, ...(use !== undefined && { use }) })
}

/** What looks like a pod, or like an image, where no table says so. */
function collectForeign(value: Located, path: string, pods: Pods): void {
  if (value.kind === 'list') {
    for (const [index, item] of value.items.entries()) collectForeign(item, `${path}[${index}]`, pods)
    return
  }
  // The objects of a list are taken by themselves.
  if (value.kind !== 'map' || (path !== '' && pods.seen.has(value))) return
  const looksLikePod = containerLists.some((list) =>
    itemsOf(fieldOf(value, list)).some((item) => textOf(fieldOf(item, 'image')) !== undefined),
  )
  if (looksLikePod) collectPod(value, path, pods)
  for (const [name, child] of entriesOf(value)) {
    const inner = path === '' ? name : `${path}.${name}`
    if (name === 'image' && child.kind === 'string' && !pods.seen.has(child)) {
      const hint = `--image-path ${pods.object.kind}=${inner.replaceAll(/\[\d+\]/g, '[*]')}`
      pods.collector.remark(
        { at: child.at, path: inner },
        `this may name an image and is not looked at; ${hint} takes it in`,
      )
    }
    collectForeign(child, inner, pods)
  }
}

/** What policies may ask of a Kubernetes object. */
export function objectOf(document: Located): ObjectFact {
  const kind = textOf(fieldOf(document, 'kind')) ?? ''
  const apiVersion = textOf(fieldOf(document, 'apiVersion')) ?? ''
  const slash = apiVersion.indexOf('/')
  const metadata = fieldOf(document, 'metadata')
  const namespace = textOf(fieldOf(metadata, 'namespace'))
  const labels = entriesOf(fieldOf(metadata, 'labels')).flatMap(([name, value]) => {
    const text = textOf(value)
    return text === undefined ? [] : [[name, text] as const]
  })
  return {
    group: slash === -1 ? '' : apiVersion.slice(0, slash),
    version: slash === -1 ? apiVersion : apiVersion.slice(slash + 1),
    kind,
    // Empty is as good as left out, for a cluster.
    ...(namespace === undefined || namespace === '' ? {} : { namespace }),
    labels: Object.fromEntries(labels),
    spec: plainOf(fieldOf(document, 'spec')),
    metadata: plainOf(metadata),
  }
}
