import type { LayerEntry } from '../../image/layer.ts'
import { LIMITS } from '../../image/limits.ts'
import { walk } from '../../image/overlay-tree.ts'
import type { InspectedImage } from '../inspected-image.ts'

/** Where a name of a program leads in the container. */
export type FoundProgram =
  | { readonly kind: 'found'; readonly entry: LayerEntry }
  /** There is something, and it is not a file that anyone may execute. */
  | { readonly kind: 'not-executable' }
  /** In a file system that only the runtime has, or behind a volume. */
  | { readonly kind: 'outside' }
  | { readonly kind: 'missing' }

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Looks for a program as runtimes do: a name with a slash from the working directory, any other in each directory of
 * PATH. Links are followed inside the root.
 */
export function findProgram(inspected: InspectedImage, name: string): FoundProgram {
  const found = candidatesOf(inspected, name).map((path) => programAt(inspected, path))
  return (
    found.find(({ kind }) => kind === 'found') ??
    found.find(({ kind }) => kind === 'outside') ??
    found.find(({ kind }) => kind === 'not-executable') ?? { kind: 'missing' }
  )
}

/** PATH as the config sets it; the last setting wins. Runtimes have one of their own where it does not. */
function searchPath({ image }: InspectedImage): readonly string[] {
  const set = image.config.env.findLast((variable) => variable.startsWith('PATH='))?.slice(5)
  return (set ?? defaultPath).split(':')
}

function candidatesOf(inspected: InspectedImage, name: string): readonly string[] {
  const { workingDirectory } = inspected.image.config
  const absolute = (path: string): string => (path.startsWith('/') ? path : `${workingDirectory}/${path}`)
  if (name.includes('/')) return [absolute(name)]
  return searchPath(inspected).map((folder) => `${absolute(folder)}/${name}`)
}

function programAt({ rootfs, image }: InspectedImage, path: string): FoundProgram {
  // Names of the config are UTF-8, paths are byte strings.
  const way = walk(rootfs.root, Buffer.from(path, 'utf8').toString('latin1'), LIMITS.linkHops)
  const { node } = way
  if (node === undefined)
    return isMounted(way.path, image.config.volumes) ? { kind: 'outside' } : { kind: 'missing' }
  const entry = node.entry === undefined ? undefined : (rootfs.linkTargets.get(node.entry) ?? node.entry)
  const runs = entry?.type === 'file' && (entry.mode & 0o111) !== 0
  return runs ? { kind: 'found', entry } : { kind: 'not-executable' }
}

function isMounted(path: string, volumes: readonly string[]): boolean {
  const places = ['proc', 'sys', 'dev', ...volumes.map((volume) => volume.replace(/^\/+|\/+$/g, ''))]
  return places.some((place) => place !== '' && path.startsWith(`${place}/`))
}
