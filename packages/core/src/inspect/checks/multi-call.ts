import type { Check } from '../check.ts'
import { multiCallNames } from '../program-names.ts'
import { programCheck } from './program-check.ts'

export const multiCall: Check = programCheck(
  {
    id: 'multi-call',
    class: 'multi-call',
    severity: 'critical',
    title: 'There is a multi-call program, which holds a shell and hundreds of tools.',
  },
  { names: multiCallNames, signatures: 'multicall.' },
)
