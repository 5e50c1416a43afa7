import type { LayerEntry } from '../image/layer.ts'
import { factsOf, interpreterOf, isPresent, type InspectedImage } from './inspected-image.ts'

/** Whether a container can start this entry: an executable ELF, or a script whose interpreter is there. */
export function canStart(inspected: InspectedImage, entry: LayerEntry): boolean {
  const isFile = entry.type === 'file' || entry.type === 'hardlink'
  if (!isFile || (entry.mode & 0o111) === 0 || !isPresent(inspected, entry)) return false
  const facts = factsOf(inspected, entry)
  if (facts?.form === 'elf') return facts.elf?.executable === true
  return facts?.form === 'script' && interpreterOf(inspected, facts) !== undefined
}
