import type { ImagePlace } from '../policy/image-place.ts'
import type { Located } from '../policy/parse/located.ts'
import { entriesOf, fieldOf, itemsOf, textOf } from './collector.ts'

/** What a container of a Kubernetes pod asks of its image. */
export interface ContainerUse {
  readonly name: string
  readonly place: ImagePlace
  /** What it starts instead of the image's entrypoint. */
  readonly command: PlacedWords | undefined
  /** What it hands over instead of the image's command. */
  readonly args: PlacedWords | undefined
  /** What the kubelet starts in the container. */
  readonly execs: readonly Exec[]
  /** The pod's answer counts where the container has none. */
  readonly runAsNonRoot: { readonly value: boolean; readonly place: ImagePlace } | undefined
  readonly runAsUser: { readonly value: number; readonly place: ImagePlace } | undefined
  /** Where it says that nobody may write outside of volumes. */
  readonly readOnlyRoot: ImagePlace | undefined
  readonly workingDirectory: string | undefined
  /** PATH as the container sets it; null where only a cluster could tell. */
  readonly searchPath: string | null | undefined
  readonly mounts: readonly Mount[]
}

export interface Mount {
  readonly path: string
  readonly readOnly: boolean
}

export interface PlacedWords {
  readonly words: readonly string[]
  readonly place: ImagePlace
}

export interface Exec extends PlacedWords {
  readonly by: (typeof execFields)[number][0]
}

const execFields = [
  ['liveness probe', ['livenessProbe', 'exec', 'command']],
  ['readiness probe', ['readinessProbe', 'exec', 'command']],
  ['startup probe', ['startupProbe', 'exec', 'command']],
  ['postStart hook', ['lifecycle', 'postStart', 'exec', 'command']],
  ['preStop hook', ['lifecycle', 'preStop', 'exec', 'command']],
] as const

/** Reads what a container asks for; `path` is where the container stands in the object. */
export function containerUse(
  container: Located,
  pod: Located,
  { file, path, podPath }: { readonly file: string; readonly path: string; readonly podPath: string },
): ContainerUse {
  const placed = (value: Located, field: string): ImagePlace => ({ file, ...value.at, path: field })
  const words = (fields: readonly string[]): PlacedWords | undefined => {
    const value = fields.reduce<Located | undefined>(fieldOf, container)
    if (value?.kind !== 'list') return undefined
    const texts = itemsOf(value).map((item) => ('value' in item ? String(item.value) : ''))
    return { words: texts, place: placed(value, `${path}.${fields.join('.')}`) }
  }
  const security = (name: string): { readonly value: Located; readonly place: ImagePlace } | undefined => {
    const own = fieldOf(fieldOf(container, 'securityContext'), name)
    if (own !== undefined) return { value: own, place: placed(own, `${path}.securityContext.${name}`) }
    const shared = fieldOf(fieldOf(pod, 'securityContext'), name)
    if (shared === undefined) return undefined
    return { value: shared, place: placed(shared, `${podPath}.securityContext.${name}`) }
  }
  const nonRoot = security('runAsNonRoot')
  const user = security('runAsUser')
  // A pod has no such field of its own.
  const readOnly = fieldOf(fieldOf(container, 'securityContext'), 'readOnlyRootFilesystem')
  return {
    name: textOf(fieldOf(container, 'name')) ?? '',
    place: placed(container, path),
    command: words(['command']),
    args: words(['args']),
    execs: execFields.flatMap(([by, fields]) => {
      const found = words(fields)
      return found === undefined ? [] : [{ by, ...found }]
    }),
    runAsNonRoot:
      nonRoot?.value.kind === 'boolean' ? { value: nonRoot.value.value, place: nonRoot.place } : undefined,
    runAsUser: user?.value.kind === 'number' ? { value: user.value.value, place: user.place } : undefined,
    readOnlyRoot:
      readOnly?.kind === 'boolean' && readOnly.value
        ? placed(readOnly, `${path}.securityContext.readOnlyRootFilesystem`)
        : undefined,
    workingDirectory: textOf(fieldOf(container, 'workingDir')),
    searchPath: searchPathOf(container),
    mounts: itemsOf(fieldOf(container, 'volumeMounts')).flatMap(mountOf),
  }
}

function searchPathOf(container: Located): string | null | undefined {
  const variables = itemsOf(fieldOf(container, 'env'))
  const set = variables.findLast((variable) => textOf(fieldOf(variable, 'name')) === 'PATH')
  if (set === undefined) return entriesOf(fieldOf(container, 'envFrom')).length > 0 ? null : undefined
  const value = textOf(fieldOf(set, 'value'))
  return value === undefined || value.includes('$(') ? null : value
}

function mountOf(mount: Located): readonly Mount[] {
  const path = textOf(fieldOf(mount, 'mountPath'))
  const readOnly = fieldOf(mount, 'readOnly')
  return path === undefined ? [] : [{ path, readOnly: readOnly?.kind === 'boolean' && readOnly.value }]
}
