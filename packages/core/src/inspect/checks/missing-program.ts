import type { Check } from '../check.ts'
import type { Finding, Rule } from '../finding.ts'
import { isWholeImage, type InspectedImage } from '../inspected-image.ts'
import { startedPrograms } from '../starts/started-programs.ts'
import { startProblem } from '../starts/start-problem.ts'

const rule: Rule = {
  id: 'missing-program',
  class: 'broken',
  severity: 'high',
  title: 'The config starts something that cannot be started.',
}

export const missingProgram: Check = { rule, image: missing }

function* missing(inspected: InspectedImage): Generator<Finding> {
  // What is not there may lie in what was not read.
  if (!isWholeImage(inspected)) return
  for (const { by, name } of startedPrograms(inspected.image.config)) {
    const problem = startProblem(inspected, name)
    if (problem === undefined) continue
    const severity = by === 'health check' ? 'medium' : 'high'
    yield { rule, severity, message: `the ${by} starts ${JSON.stringify(name)}, ${problem}` }
  }
}
