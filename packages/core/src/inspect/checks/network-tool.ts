import type { Check } from '../check.ts'
import { networkToolNames } from '../program-names.ts'
import { programCheck } from './program-check.ts'

export const networkTool: Check = programCheck(
  {
    id: 'network-tool',
    class: 'network-tool',
    severity: 'high',
    title: 'There is a tool that fetches from or connects to the network.',
  },
  { names: networkToolNames, signatures: 'network.' },
)
