import type { Decision } from '../policy/decision.ts'
import type { NamespaceFact, ObjectFact } from '../policy/facts.ts'
import type { Position } from '../policy/problem.ts'
import type { PolicySet } from '../policy/evaluate.ts'

/** A `PolicyTest` of assay.dev/v1alpha1: what policies are to say about recorded images. */
export interface PolicyTest {
  readonly name: string
  readonly file: string
  /** Policy files, as paths from the folder of the test's own file. */
  readonly policies: readonly string[]
  /** What becomes of an image that no policy is about; what a GateConfig says, or deny, unless given. */
  readonly noMatch?: PolicySet['noMatch']
  readonly cases: readonly PolicyCase[]
}

export interface PolicyCase {
  readonly name: string
  readonly at: Position
  /** The folder of the recording, as a path from the folder of the test's own file. */
  readonly recording: string
  /** Another name for the same image; the recorded one unless given. */
  readonly image?: string
  /** When the question is asked; the time of the recording unless given. */
  readonly time?: Date
  /** The Kubernetes object that the image stands in. */
  readonly object?: ObjectFact
  /** The namespace that the image is for. */
  readonly namespace?: NamespaceFact
  readonly expect: Decision['verdict']
  /** Codes that have to be among the decision's reasons and warnings. */
  readonly because: readonly string[]
}
