import type { Layer } from '../../image/layer.ts'

/** Whether a layer and all of its content was looked at to the end: of what was not, the reason may lie outside of it. */
export function isReadWhole({ failure, entries }: Layer): boolean {
  return failure === undefined && entries.every((entry) => entry.facts?.cutShort !== true)
}
