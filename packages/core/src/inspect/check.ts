import type { LayerEntry } from '../image/layer.ts'
import type { Finding, Rule } from './finding.ts'
import type { InspectedImage } from './inspected-image.ts'

/** One rule. Layers are read once; checks look at the facts of that reading, and do no I/O. */
export interface Check {
  readonly rule: Rule
  /** Looks at the image as a whole. */
  readonly image?: (inspected: InspectedImage) => Iterable<Finding>
  /** Looks at one entry of one layer, be it visible in the container or not. */
  readonly entry?: (entry: LayerEntry, inspected: InspectedImage) => Iterable<Finding>
}
