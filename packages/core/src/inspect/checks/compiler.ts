import type { Check } from '../check.ts'
import { compilerNames } from '../program-names.ts'
import { programCheck } from './program-check.ts'

export const compiler: Check = programCheck(
  {
    id: 'compiler',
    class: 'compiler',
    severity: 'high',
    title: 'There is a compiler, linker or debugger.',
  },
  { names: compilerNames, signatures: 'compiler.' },
)
