import type { Check } from '../check.ts'
import { packageManagerNames } from '../program-names.ts'
import { programCheck } from './program-check.ts'

export const packageManager: Check = programCheck(
  {
    id: 'package-manager',
    class: 'package-manager',
    severity: 'high',
    title: 'There is a package manager.',
  },
  { names: packageManagerNames, signatures: 'package-manager.' },
)
