import type { Check } from '../check.ts'
import { interpreterNames, isDeclared } from '../program-names.ts'
import { programCheck } from './program-check.ts'

export const interpreter: Check = programCheck(
  {
    id: 'interpreter',
    class: 'interpreter',
    severity: 'high',
    title: 'There is an interpreter that nobody declared.',
  },
  {
    names: interpreterNames,
    signatures: 'interpreter.',
    allowed: isDeclared,
  },
)
