import { RegistryError, type Call, type ContentSource, type Descriptor } from '@assay/registry'
import { inspectImage } from '../inspect/inspect-image.ts'
import type { FactsStore } from '../inspect/facts/facts-store.ts'
import { isWholeImage } from '../inspect/inspected-image.ts'
import type { ContainerUse } from '../references/container-use.ts'
import { compareContainer } from './compare-container.ts'
import type { ContainerProblem } from './container-problem.ts'

export interface CompareOptions {
  readonly reference: string
  readonly facts?: FactsStore
  readonly call?: Call
}

/** Whether a container asks for anything that an image could fail to do. */
export function asksForSomething(use: ContainerUse): boolean {
  const { command, args, execs, runAsNonRoot, readOnlyRoot } = use
  return (
    command !== undefined ||
    args !== undefined ||
    execs.length > 0 ||
    runAsNonRoot?.value === true ||
    readOnlyRoot !== undefined
  )
}

/**
 * Reads an image and compares all its platforms with what containers ask of it.
 * @throws RegistryError LIMIT_EXCEEDED where the image could not be read whole, and the codes of reaching it
 * @throws ImageError
 */
export async function compareContainers(
  source: ContentSource,
  root: Descriptor,
  { uses, ...options }: CompareOptions & { readonly uses: readonly ContainerUse[] },
): Promise<readonly ContainerProblem[]> {
  const found = new Map<string, ContainerProblem>()
  let whole = true
  await inspectImage(source, root, {
    ...options,
    examine: (inspected) => {
      whole &&= isWholeImage(inspected)
      for (const problem of uses.flatMap((use) => compareContainer(use, inspected)))
        found.set(JSON.stringify([problem.message, problem.place]), problem)
    },
  })
  if (whole) return [...found.values()]
  throw new RegistryError('LIMIT_EXCEEDED', 'the image could not be read whole', {
    on: root.digest,
    hint: 'assay inspect says what of it was not read',
  })
}
