import type { LayerEntry } from '../image/layer.ts'
import type { Finding, Rule } from './finding.ts'
import type { InspectedImage } from './inspected-image.ts'

/** One rule. Layers are read once; checks look at the facts of that reading, and do no I/O. */
export interface Check {
  readonly rule: Rule
  /**
   * Which entries it looks at: `content` are those whose content told something, hardlinks to them too; `program`
   * those and every entry with the name of a program. Most files of an image are neither.
   */
  readonly looksAt?: 'all' | 'content' | 'program'
  /** Looks at the image as a whole. */
  readonly image?: (inspected: InspectedImage) => Iterable<Finding>
  /** Looks at one entry of one layer, be it visible in the container or not. */
  readonly entry?: (entry: LayerEntry, inspected: InspectedImage) => Iterable<Finding>
}
