import type { InspectedImage } from '../inspect/inspected-image.ts'
import type { ContainerUse } from '../references/container-use.ts'
import type { ContainerProblem } from './container-problem.ts'

/** Variables by which programs are told where to write. */
const directoryVariables = ['TMPDIR', 'TMP', 'TEMP', 'XDG_CACHE_HOME', 'XDG_RUNTIME_DIR', 'XDG_STATE_HOME']

/**
 * Places that the image says are written to, and that a read-only root file system leaves read-only: its declared
 * volumes (some runtimes mount something there, CRI-O by default does not), and what its variables name.
 */
export function readOnlyProblems(
  { readOnlyRoot, mounts, name }: ContainerUse,
  { image }: InspectedImage,
): readonly ContainerProblem[] {
  if (readOnlyRoot === undefined) return []
  const writable = mounts.filter(({ readOnly }) => !readOnly).map(({ path }) => trimmed(path))
  const isCovered = (path: string): boolean =>
    writable.some((mount) => path === mount || path.startsWith(`${mount}/`))
  const declared = image.config.volumes.map((path) => [`its VOLUME ${path}`, trimmed(path)] as const)
  const named = image.config.env.flatMap((variable) => {
    const [variableName, value] = splitVariable(variable)
    return directoryVariables.includes(variableName) && value.startsWith('/')
      ? [[`${variableName}=${value}`, trimmed(value)] as const]
      : []
  })
  return [...declared, ...named]
    .filter(([, path]) => path !== '' && !isCovered(path))
    .map(([what, path]) => ({
      code: 'READ_ONLY_ROOT',
      weight: 'risks',
      message: `container ${name} has a read-only root file system, and ${what} of the image is written to`,
      place: readOnlyRoot,
      hint: `mount an emptyDir at ${path}`,
    }))
}

function splitVariable(variable: string): readonly [string, string] {
  const at = variable.indexOf('=')
  return at === -1 ? [variable, ''] : [variable.slice(0, at), variable.slice(at + 1)]
}

function trimmed(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path
}
