import type { Check } from '../check.ts'
import { coreUtilityNames } from '../program-names.ts'
import { programCheck } from './program-check.ts'

export const coreUtility: Check = programCheck(
  {
    id: 'core-utility',
    class: 'core-utility',
    severity: 'high',
    title: 'There are the usual tools of a Linux distribution.',
  },
  { names: coreUtilityNames, signatures: 'core-utility.' },
)
