export { parsePolicyFile } from './policy/parse-policy-file.ts'
export type { PolicyFile } from './policy/parse-policy-file.ts'
export { describeProblem } from './policy/problem.ts'
export type { PolicyProblem, PolicyWarning, ProblemCode, WarningCode } from './policy/problem.ts'
