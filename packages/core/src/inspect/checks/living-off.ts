import type { Check } from '../check.ts'
import { livingOffNames } from '../program-names.ts'
import { programCheck } from './program-check.ts'

export const livingOff: Check = programCheck(
  {
    id: 'living-off-the-land',
    class: 'living-off-the-land',
    severity: 'medium',
    title: 'There is a program that attackers use for other ends than its own.',
  },
  { names: livingOffNames },
)
