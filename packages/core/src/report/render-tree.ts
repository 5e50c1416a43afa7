import { redact } from '@assay/registry'
import type { Branch } from './branch.ts'

/** A tree for people: one line a branch. */
export function renderTree(root: Branch): string {
  return `${[redact(root.text), ...below(root)].join('\n')}\n`
}

function below(branch: Branch): readonly string[] {
  return branch.branches.flatMap((child, index) => {
    const last = index === branch.branches.length - 1
    const [head, rest] = last ? ['└─ ', '   '] : ['├─ ', '│  ']
    return [`${head}${redact(child.text)}`, ...below(child).map((line) => `${rest}${line}`)]
  })
}
