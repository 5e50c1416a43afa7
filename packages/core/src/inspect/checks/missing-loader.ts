import { displayPath } from '../../image/layer-path.ts'
import type { LayerEntry } from '../../image/layer.ts'
import type { Check } from '../check.ts'
import type { Finding, Rule } from '../finding.ts'
import { isPresent, isWholeImage, type InspectedImage } from '../inspected-image.ts'
import { findProgram } from '../starts/find-program.ts'
import { interpreterOf } from '../starts/start-problem.ts'

const rule: Rule = {
  id: 'missing-loader',
  class: 'broken',
  severity: 'low',
  title: 'A program cannot run, because the loader that it asks for is not in the image.',
}

export const missingLoader: Check = { rule, looksAt: 'content', entry: missing }

function* missing(entry: LayerEntry, inspected: InspectedImage): Generator<Finding> {
  if ((entry.mode & 0o111) === 0 || !isPresent(inspected, entry) || !isWholeImage(inspected)) return
  const asked = interpreterOf(inspected, entry)
  if (asked?.kind !== 'loader') return
  const { kind } = findProgram(inspected, asked.path)
  if (kind !== 'missing' && kind !== 'not-executable') return
  const message = `/${displayPath(entry.path)} asks for the loader ${displayPath(asked.path)}, which is not there`
  yield { rule, entry, message }
}
