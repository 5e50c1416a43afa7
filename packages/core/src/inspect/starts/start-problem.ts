import { displayPath } from '../../image/layer-path.ts'
import type { LayerEntry } from '../../image/layer.ts'
import { factsOf, type InspectedImage } from '../inspected-image.ts'
import { envCommand } from './env-command.ts'
import { findProgram } from './find-program.ts'

/** Scripts that are the interpreters of scripts; Linux follows five. */
const scriptsDeep = 5

/** Why a container cannot start something, in words that follow its name; undefined where it can, as far as we see. */
export function startProblem(inspected: InspectedImage, name: string): string | undefined {
  const found = findProgram(inspected, name)
  if (found.kind === 'missing') return 'which is not in the image'
  if (found.kind === 'not-executable') return 'which is not an executable file'
  return found.kind === 'found' ? fileProblem(inspected, found.entry) : undefined
}

/** Why the kernel cannot start a file that is there. */
function fileProblem(inspected: InspectedImage, first: LayerEntry): string | undefined {
  let file = first
  for (let depth = 0; depth < scriptsDeep; depth++) {
    const asked = interpreterOf(inspected, file)
    if (asked === undefined) return undefined
    const found = findProgram(inspected, asked.path)
    if (found.kind === 'outside') return undefined
    if (found.kind !== 'found') return `whose ${asked.kind} ${displayPath(asked.path)} is not in the image`
    if (asked.kind === 'loader') return undefined
    const named = envCommand(asked.path, factsOf(inspected, file)?.shebangArgument)
    if (named !== undefined && findProgram(inspected, named).kind === 'missing')
      return `whose interpreter ${displayPath(named)}, which env looks for, is not in the image`
    file = found.entry
  }
  return undefined
}

interface AskedFor {
  readonly kind: 'interpreter' | 'loader'
  /** A byte string. */
  readonly path: string
}

/** What the kernel needs besides the file itself: the interpreter of a script, the loader of a dynamic program. */
export function interpreterOf(inspected: InspectedImage, file: LayerEntry): AskedFor | undefined {
  const facts = factsOf(inspected, file)
  const asked = facts?.form === 'script' ? facts.shebang : facts?.elf?.interpreter
  if (asked === undefined || asked === '') return undefined
  // The kernel looks in the working directory, never in PATH.
  return {
    kind: facts?.form === 'script' ? 'interpreter' : 'loader',
    path: asked.includes('/') ? asked : `./${asked}`,
  }
}
