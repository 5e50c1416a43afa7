import type { Check } from '../check.ts'
import { shellNames } from '../program-names.ts'
import { programCheck } from './program-check.ts'

export const shell: Check = programCheck(
  {
    id: 'shell',
    class: 'shell',
    severity: 'critical',
    title: 'There is a shell, under this or any other name.',
  },
  { names: shellNames, signatures: 'shell.' },
)
