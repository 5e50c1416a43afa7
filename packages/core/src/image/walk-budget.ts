import { LIMITS } from './limits.ts'

/** Names walked so far below each root. A side table: a tree is walked from many places, and counts as one. */
const walked = new WeakMap<object, number>()

/**
 * Counts names that are about to be walked; false once an image made us walk too many. What a path leads to is
 * unknown then, and so is the verdict.
 */
export function takeSteps(root: object, names: number): boolean {
  const total = (walked.get(root) ?? 0) + names
  walked.set(root, total)
  return total <= LIMITS.namesWalked
}

/** Whether some walk below this root was given up. */
export function gaveUpWalking(root: object): boolean {
  return !takeSteps(root, 0)
}
